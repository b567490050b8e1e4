"""Real models in real processes: each server takes about a second to start, so most tests share one."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from cdk_sagemaker_mlops.local.execution.opt_ml import MountedOptMl, OptMl, RewrittenOptMl, best_opt_ml
from cdk_sagemaker_mlops.local.hosting import ModelLoadError, ModelServer

pytestmark = pytest.mark.enable_socket

ENVIRONMENT = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
}

LOAD = (
    "import joblib, os\ndef model_fn(folder):\n    return joblib.load(os.path.join(folder, 'model.joblib'))\n"
)

OWN = f"""
{LOAD}
from sagemaker_inference.errors import BaseInferenceToolkitError
from beside import parse
print("loaded from", __file__, flush=True)

def input_fn(body, content_type):
    if content_type == "application/die":
        os._exit(9)
    if not body:
        raise BaseInferenceToolkitError(400, "the body is empty; send a row", "Bad Request")
    return parse(body)

def predict_fn(data, model):
    assert os.path.exists("/opt/ml/model/model.joblib")
    return model.predict(data)

def output_fn(prediction, accept):
    return (",".join(f"{{value:.1f}}" for value in prediction), "text/csv")
"""

BESIDE = """
def parse(body):
    return [[float(field) for field in line.split(",")] for line in body.splitlines()]
"""


@pytest.fixture(scope="module")
def model_bytes() -> bytes:
    """A model of y = 2 a + 3 b + 1."""
    x = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [2.0, 5.0]])
    model = LinearRegression().fit(x, x @ np.array([2.0, 3.0]) + 1)
    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    return buffer.getvalue()


MakeServer = Callable[..., ModelServer]


@pytest.fixture(scope="module")
def make_server(model_bytes: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeServer]:
    made: list[ModelServer] = []

    def make(
        program: str,
        environment: dict[str, str] | None = None,
        opt_ml: OptMl | None = None,
        **files: str,
    ) -> ModelServer:
        folder = tmp_path_factory.mktemp("server")
        members = {"model.joblib": model_bytes, "code/inference.py": program.encode()}
        members |= {f"code/{name.replace('_txt', '.txt')}": text.encode() for name, text in files.items()}
        with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
            for name, content in members.items():
                member = tarfile.TarInfo(name if "." in name else f"{name}.py")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        server = ModelServer(
            model_artifact=folder / "model.tar.gz",
            environment=ENVIRONMENT if environment is None else environment,
            workdir=folder / "work",
            opt_ml=opt_ml,
        )
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


@pytest.fixture(scope="module", params=["mounted", "rewritten"])
def own(request: pytest.FixtureRequest, make_server: MakeServer) -> ModelServer:
    """A program that defines all four functions, with /opt/ml shown both ways."""
    way = {"mounted": MountedOptMl(), "rewritten": RewrittenOptMl()}[request.param]
    if isinstance(way, MountedOptMl) and not isinstance(best_opt_ml(), MountedOptMl):
        pytest.skip("this system allows no user namespaces")
    server = make_server(OWN, opt_ml=way, beside=BESIDE, requirements_txt="left-pad")
    server.start()
    return server


@pytest.fixture(scope="module")
def default(make_server: MakeServer) -> ModelServer:
    """A program that defines model_fn only."""
    server = make_server(LOAD)
    server.start()
    return server


def wait_for_log(server: ModelServer, text: str) -> None:
    """What a process writes goes through its launcher, which may be a moment behind its answers."""
    until = time.monotonic() + 10
    while text not in server.logs():
        assert time.monotonic() < until, server.logs()
        time.sleep(0.01)


def test_serves_with_the_users_functions(own: ModelServer) -> None:
    assert own.invoke(b"1,1\n0,0", "text/csv", "") == (200, "text/csv", b"6.0,1.0")


def test_a_users_error_keeps_its_status_and_text(own: ModelServer) -> None:
    assert own.invoke(b"", "text/csv", "") == (400, "text/plain", b"the body is empty; send a row")


def test_any_other_error_is_500_with_its_text_and_the_log_has_the_traceback(own: ModelServer) -> None:
    status, _, body = own.invoke(b"1,x", "text/csv", "")
    assert (status, body) == (500, b"could not convert string to float: 'x'")
    wait_for_log(own, "in parse")


def test_an_error_does_not_end_the_server(own: ModelServer) -> None:
    own.invoke(b"1,x", "text/csv", "")
    assert own.invoke(b"1,1", "text/csv", "")[0] == 200


def test_says_that_requirements_are_not_installed(own: ModelServer) -> None:
    wait_for_log(own, "requirements.txt is not installed locally")


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "answered"),
    [
        (b"1,1\n0,0", "text/csv", "", "application/json"),
        (b"[[1, 1], [0, 0]]", "application/json", "*/*", "application/json"),
        (b"[[1, 1], [0, 0]]", "", "text/csv", "text/csv"),
    ],
    ids=["csv", "json", "no content type"],
)
def test_the_defaults_are_those_of_the_scikit_learn_container(
    default: ModelServer, body: bytes, content_type: str, accept: str, answered: str
) -> None:
    status, given, content = default.invoke(body, content_type, accept)
    assert (status, given) == (200, answered)
    values = json.loads(content) if given == "application/json" else content.decode().split()
    assert [float(value) for value in values] == pytest.approx([6.0, 1.0], abs=1e-5)


def test_takes_and_gives_numpy_arrays(default: ModelServer) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([[1.0, 1.0]]))
    status, content_type, body = default.invoke(buffer.getvalue(), "application/x-npy", "application/x-npy")
    assert (status, content_type) == (200, "application/x-npy")
    assert np.load(io.BytesIO(body)) == pytest.approx([6.0])


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status", "text"),
    [
        (b"{", "application/json", "", 400, "the request's body cannot be read as application/json: "),
        (b"a,b", "text/csv", "", 400, "the request's body cannot be read as text/csv: "),
        (
            b"1,1",
            "text/html",
            "",
            415,
            "Content type 'text/html' must be one of application/json, application/x-npy, ",
        ),
        (
            b"[[1, 1]]",
            "application/json",
            "text/html",
            406,
            "Accept 'text/html' must be one of application/json, ",
        ),
        (
            b"[[1]]",
            "application/json",
            "",
            500,
            "X has 1 features, but LinearRegression is expecting 2 features",
        ),
    ],
    ids=["json", "csv", "content type", "accept", "features"],
)
def test_bad_input_is_answered_with_what_is_wrong(
    default: ModelServer, body: bytes, content_type: str, accept: str, status: int, text: str
) -> None:
    given, _, content = default.invoke(body, content_type, accept)
    assert given == status
    assert content.decode().startswith(text)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (
            "def model_fn(folder):\n    open(folder + '/none.joblib')\n",
            r"FileNotFoundError: \[Errno 2\] No such file or directory: '\S*/opt/ml/model/none.joblib' "
            r"\(inference.py, line 2\)",
        ),
        (
            "def predict_fn(data, model):\n    return data\n",
            r"NotImplementedError: the program must define model_fn\(model_dir\), because a model has no default way to "
            r"load; add it",
        ),
        (
            "import no_such_module\n",
            r"ModuleNotFoundError: No module named 'no_such_module' \(inference.py, line 1\)",
        ),
        ("def f(:\n", r"SyntaxError: invalid syntax \(inference.py, line 1\)"),
        ("raise SystemExit('not today')\n", r"SystemExit: not today \(inference.py, line 1\)"),
        (
            "import os\ndef model_fn(folder):\n    print('dying', flush=True)\n    os._exit(7)\n",
            "the model's process ended with exit code 7; last lines of its log:\n(.*\n)?dying",
        ),
    ],
    ids=["missing file", "no model_fn", "import", "syntax", "exit", "dies"],
)
def test_fails_with_the_models_own_error(make_server: MakeServer, program: str, reason: str) -> None:
    with pytest.raises(ModelLoadError, match=f"^{reason}$"):
        make_server(program).start()


def test_fails_when_the_program_is_not_there(make_server: MakeServer) -> None:
    environment = {**ENVIRONMENT, "SAGEMAKER_PROGRAM": "serve.py"}
    with pytest.raises(ModelLoadError) as caught:
        make_server(LOAD, environment).start()
    assert str(caught.value) == (
        "ImportError: SAGEMAKER_PROGRAM must be a file of SAGEMAKER_SUBMIT_DIRECTORY, got 'serve.py', "
        "and there are ['inference.py']; put the program into the artifact"
    )


def test_fails_when_the_environment_names_no_program(make_server: MakeServer) -> None:
    with pytest.raises(ModelLoadError, match="the model's environment must hold SAGEMAKER_PROGRAM"):
        make_server(LOAD, {}).start()


def test_fails_when_the_artifact_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_text("no")
    server = ModelServer(
        model_artifact=tmp_path / "model.tar.gz", environment=ENVIRONMENT, workdir=tmp_path / "work"
    )
    with pytest.raises(ModelLoadError, match="must be a gzip-compressed tar archive"):
        server.start()


def test_fails_when_loading_takes_too_long(make_server: MakeServer) -> None:
    server = make_server("import time\ndef model_fn(folder):\n    time.sleep(60)\n")
    with pytest.raises(ModelLoadError, match=r"^the model did not load within 1 seconds; its log is empty$"):
        server.start(timeout=1)


def test_a_server_that_dies_is_an_answer(make_server: MakeServer) -> None:
    server = make_server(OWN, beside=BESIDE)
    server.start()
    status, _, body = server.invoke(b"x", "application/die", "")
    assert status == 500
    assert b"ended with exit code 9" in body or b"without response" in body
    assert server.invoke(b"1,1", "text/csv", "")[0] == 500


def test_can_be_stopped_and_started_again(make_server: MakeServer) -> None:
    server = make_server(LOAD)
    for _ in range(2):
        server.start()
        assert server.invoke(b"[[1, 1]]", "application/json", "")[0] == 200
        server.stop()
        server.stop()
        answer = server.invoke(b"", "", "")
        assert answer == (500, "text/plain", b"the model is not served: its server was stopped")


def test_dies_with_its_parent(make_server: MakeServer, tmp_path: Path) -> None:
    """A parent that is killed leaves no server behind."""
    artifact = tmp_path / "model.tar.gz"
    make_server(LOAD)
    program = "import os\ndef model_fn(folder):\n    open('/opt/ml/model/pid', 'w').write(str(os.getpid()))\n"
    with tarfile.open(artifact, "w:gz") as tar:
        member = tarfile.TarInfo("code/inference.py")
        member.size = len(program)
        tar.addfile(member, io.BytesIO(program.encode()))
    script = (
        "import sys, pathlib, time\n"
        "from cdk_sagemaker_mlops.local.hosting import ModelServer\n"
        f"server = ModelServer(model_artifact=pathlib.Path({str(artifact)!r}), environment={ENVIRONMENT!r},\n"
        f"                     workdir=pathlib.Path({str(tmp_path / 'work')!r}))\n"
        "server.start()\nprint('up', flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "up\n"
        pid = int((tmp_path / "work" / "opt" / "ml" / "model" / "pid").read_text())
        os.kill(pid, 0)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() if Path("/proc").exists() else _lives(pid):
        assert time.monotonic() < deadline, "the server is left"
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
