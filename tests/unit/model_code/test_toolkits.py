"""The scripts under SageMaker's own toolkits."""

import importlib
import json
import os
import subprocess
import sys
import tarfile
from types import SimpleNamespace

import flask
import pytest

_WRONG = (
    "WrongColumnCount: body row 1 must have 30 values, got 2; "
    "give one value for each column, in the same order in every row"
)


@pytest.fixture
def served_module(jobs, monkeypatch):
    """inference.py of the artifact, imported from the artifact's code/ alone."""
    names = ("inference", "model_utils", "plain_numbers")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(jobs.model / "code"))
    monkeypatch.setenv("SAGEMAKER_PROGRAM", "inference.py")
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    module = importlib.import_module("inference")
    assert module.__file__ == str(jobs.model / "code" / "inference.py")
    yield module
    for name in names:
        sys.modules.pop(name, None)


class _Context:
    """What a model server hands to the transformer with a request."""

    def __init__(self, model_dir, properties):
        self.system_properties = {"model_dir": str(model_dir)}
        self.request_processor = [SimpleNamespace(get_request_properties=lambda: properties)]
        self.status, self.content_type = (200, "OK"), None

    def set_response_status(self, code, phrase):
        self.status = (code, phrase)

    def set_response_content_type(self, _, content_type):
        self.content_type = content_type


def _transform(jobs, body, **properties):
    from sagemaker_inference.transformer import Transformer

    context = _Context(jobs.model, properties)
    (answer,) = Transformer().transform([{"body": body}], context)
    return context, answer


@pytest.mark.usefixtures("served_module")
def test_sagemaker_inference_serves_the_artifact(jobs, quickstart):
    payload = (quickstart / "payload.csv").read_bytes()
    context, answer = _transform(jobs, payload, **{"Content-Type": "text/csv"})
    assert (context.status, context.content_type) == ((200, "OK"), "application/json")
    assert json.loads(answer)["predictions"][0]["label"] == 1
    context, answer = _transform(
        jobs, payload, **{"Content-Type": "text/csv; charset=utf-8", "Accept": "text/csv"}
    )
    assert context.content_type == "text/csv"
    assert answer.startswith("1,0.9")


@pytest.mark.parametrize(
    ("properties", "status", "error"),
    [
        pytest.param({"Content-Type": "text/csv"}, (400, "Bad Request"), _WRONG, id="body"),
        pytest.param(
            {"Content-Type": "image/png"},
            (415, "Unsupported Media Type"),
            "UnknownContentType: content_type must be 'text/csv' or 'application/json', got 'image/png'; "
            "set the request's ContentType",
            id="content type",
        ),
    ],
)
@pytest.mark.usefixtures("served_module")
def test_sagemaker_inference_answers_a_wrong_request_with_its_status(jobs, properties, status, error):
    context, answer = _transform(jobs, b"1,2", **properties)
    assert context.status == status
    assert answer.splitlines()[0] == error


@pytest.mark.usefixtures("served_module")
def test_sagemaker_inference_answers_an_unknown_accept_with_406(jobs, quickstart):
    properties = {"Content-Type": "text/csv", "Accept": "image/png"}
    context, answer = _transform(jobs, (quickstart / "payload.csv").read_bytes(), **properties)
    assert context.status == (406, "Not Acceptable")
    assert answer.startswith("UnknownAccept: accept must be")


def _gunicorn_app(module, model_dir):
    """Does with the four functions what sagemaker_containers does in the scikit-learn container.

    That package is not on the test machine (it cannot be built for this Python); what matters of it is that it
    calls the functions inside a Flask request, and turns whatever they raise into an error of its own.
    """

    def wrapped(function):
        def call(*arguments):
            try:
                return function(*arguments)
            except Exception as error:
                raise RuntimeError(error) from error

        return call

    app = flask.Flask("worker")
    model = wrapped(module.model_fn)(str(model_dir))

    @app.post("/invocations")
    def invocations():
        data = wrapped(module.input_fn)(flask.request.get_data(), flask.request.content_type)
        prediction = wrapped(module.predict_fn)(data, model)
        body, content_type = wrapped(module.output_fn)(prediction, flask.request.headers.get("Accept"))
        return flask.Response(body, mimetype=content_type)

    return app.test_client()


def test_gunicorn_s_flask_app_serves_the_artifact(served_module, jobs, quickstart):
    client = _gunicorn_app(served_module, jobs.model)
    answer = client.post(
        "/invocations", data=(quickstart / "payload.csv").read_bytes(), content_type="text/csv"
    )
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.get_json()["predictions"][0]["label"] == 1


def test_gunicorn_s_flask_app_answers_a_wrong_request_with_its_status_and_the_next_one_rightly(
    served_module, jobs, quickstart
):
    client = _gunicorn_app(served_module, jobs.model)
    answer = client.post("/invocations", data=b"1,2", content_type="text/csv")
    assert (answer.status_code, answer.mimetype, answer.text) == (400, "text/plain", f"{_WRONG}\n")
    assert client.post("/invocations", data=b"1", content_type="image/png").status_code == 415
    payload = (quickstart / "payload.csv").read_bytes()
    refused = client.post(
        "/invocations", data=payload, content_type="text/csv", headers={"Accept": "image/png"}
    )
    assert refused.status_code == 406
    assert client.post("/invocations", data=payload, content_type="text/csv").status_code == 200


def test_serves_where_sagemaker_inference_is_not_installed(jobs, quickstart):
    code = (
        "import sys; sys.modules['sagemaker_inference'] = None; import inference as i\n"
        "model = i.model_fn(sys.argv[1]); body = open(sys.argv[2]).read()\n"
        "print(i.output_fn(i.predict_fn(i.input_fn(body, 'text/csv'), model), 'text/csv')[0])\n"
        "try: i.input_fn('', 'text/csv')\n"
        "except i.RequestError as error: print(error.status, error)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", code, jobs.model, quickstart / "payload.csv"],
        cwd=jobs.model / "code", capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    lines = answer.stdout.split("\n")
    assert lines[0].startswith("1,0.9")
    assert lines[2] == "400 EmptyBody: body must hold at least one row, got ''; send rows of numbers"


def _train_in_container_s_way(folder, source, data, hyperparameters):
    config = folder / "input" / "config"
    config.mkdir(parents=True)
    (folder / "input" / "data").mkdir()
    # The container has it. Without it the toolkit cannot write its failure file, and then exits with 0.
    (folder / "output").mkdir()
    (folder / "input" / "data" / "train").symlink_to(data)
    with tarfile.open(folder / "sourcedir.tar.gz", "w:gz") as tar:
        for path in sorted(source.glob("*.py")):
            tar.add(path, arcname=path.name)
    documents = {
        "hyperparameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": str(folder / "sourcedir.tar.gz"),
            **hyperparameters,
        },
        "inputdataconfig": {"train": {"TrainingInputMode": "File", "ContentType": "text/csv"}},
        "resourceconfig": {
            "current_host": "algo-1",
            "hosts": ["algo-1"],
            "network_interface_name": "lo",
            "current_instance_type": "ml.m5.large",
            "current_group_name": "homogeneousCluster",
            "instance_groups": [
                {
                    "instance_group_name": "homogeneousCluster",
                    "instance_type": "ml.m5.large",
                    "hosts": ["algo-1"],
                }
            ],
        },
    }
    for name, document in documents.items():
        (config / f"{name}.json").write_text(json.dumps(document))
    return subprocess.run(
        [sys.executable, "-B", "-m", "sagemaker_training.cli.train"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "SAGEMAKER_BASE_DIR": str(folder),
            "SM_STUDIO_LOCAL_MODE": "true",
            "AWS_REGION": "us-east-1",
        },
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_sagemaker_training_runs_train_in_script_mode(jobs, model_code, scripts, tmp_path):
    done = _train_in_container_s_way(
        tmp_path, model_code, jobs.train, {"max_iter": "432", "alpha": "0.5", "target": '"target"'}
    )
    assert done.returncode == 0, done.stderr
    assert "cv_accuracy=0.9" in done.stdout
    model = scripts.model_utils.load_model(tmp_path / "model")
    assert (model.pipeline[-1].max_iter, model.pipeline[-1].C) == (432, 2.0)
    assert (tmp_path / "model" / "code" / "inference.py").is_file()


def test_sagemaker_training_reports_a_wrong_hyperparameter(jobs, model_code, tmp_path):
    done = _train_in_container_s_way(tmp_path, model_code, jobs.train, {"alpha": "-1"})
    assert done.returncode == 1
    assert (tmp_path / "output" / "failure").read_text().startswith("ExecuteUserScriptError")
    assert "InvalidAlpha: alpha must be a number above 0, got -1.0; try 1.0" in done.stderr
    assert not (tmp_path / "model" / "model.joblib").exists()
