import io
import json
import tarfile

import numpy as np
import pytest


def _evaluate(scripts, archive, test_dir, output_dir, *options):
    return scripts.evaluate.main(
        ["--model-path", str(archive), "--test-dir", str(test_dir), "--output-dir", str(output_dir), *options]
    )


def _pack(scripts, folder, archive, *options):
    arguments = ["--train-dir", str(folder), "--model-dir", str(folder / "model"), *options]
    assert scripts.train.main(arguments) == 0
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder / "model", arcname=".")
    return archive


def test_real_data_meets_the_golden_metrics(jobs):
    document = json.loads((jobs.evaluation / "evaluation.json").read_text())
    assert list(document) == ["binary_classification_metrics"]
    metrics = document["binary_classification_metrics"]
    assert metrics["accuracy"]["value"] > 0.95
    assert metrics["auc"]["value"] > 0.99
    assert 0 < metrics["accuracy"]["standard_deviation"] < 0.05
    assert metrics["confusion_matrix"] == {"0": {"0": 41, "1": 1}, "1": {"0": 1, "1": 71}}
    assert metrics["precision"]["value"] == pytest.approx(71 / 72)
    assert metrics["false_positive_rate"]["value"] == pytest.approx(1 / 42)
    assert "accuracy=0.98" in jobs.logs["evaluate"]


def test_binary_metrics_have_the_keys_that_sagemaker_documents(jobs):
    metrics = json.loads((jobs.evaluation / "evaluation.json").read_text())["binary_classification_metrics"]
    with_value = {name for name, metric in metrics.items() if set(metric) == {"value", "standard_deviation"}}
    assert with_value == {
        "recall", "precision", "accuracy", "true_positive_rate", "true_negative_rate", "false_positive_rate",
        "false_negative_rate", "auc", "f0_5", "f1", "f2",
    }  # fmt: skip
    assert set(metrics["receiver_operating_characteristic_curve"]) == {
        "false_positive_rates",
        "true_positive_rates",
    }
    assert set(metrics["precision_recall_curve"]) == {"precisions", "recalls"}
    recalls = metrics["precision_recall_curve"]["recalls"]
    assert recalls == sorted(recalls)


def test_two_runs_write_the_same_bytes(jobs, scripts, tmp_path):
    assert _evaluate(scripts, jobs.archive, jobs.test, tmp_path) == 0
    assert (tmp_path / "evaluation.json").read_bytes() == (jobs.evaluation / "evaluation.json").read_bytes()


def test_multiclass_writes_weighted_metrics(scripts, write_csv, tmp_path):
    rows = "".join(f"{label},{label * 10 + step}\n" for label in (1, 2, 3) for step in range(8))
    folder = write_csv("target,a\n" + rows)
    archive = _pack(scripts, folder, tmp_path / "m.tar.gz", "--problem-type", "MulticlassClassification")
    assert _evaluate(scripts, archive, folder, tmp_path / "out") == 0
    metrics = json.loads((tmp_path / "out" / "evaluation.json").read_text())[
        "multiclass_classification_metrics"
    ]
    assert set(metrics) == {
        "confusion_matrix", "accuracy", "weighted_recall", "weighted_precision", "weighted_f0_5",
        "weighted_f1", "weighted_f2",
    }  # fmt: skip
    assert metrics["accuracy"]["value"] > 0.9
    assert sum(sum(row.values()) for row in metrics["confusion_matrix"].values()) == 24


def test_regression_writes_the_four_errors(scripts, write_csv, tmp_path):
    folder = write_csv("target,a\n" + "".join(f"{2 * step + 0.5},{step}\n" for step in range(20)))
    archive = _pack(
        scripts, folder, tmp_path / "m.tar.gz", "--problem-type", "Regression", "--alpha", "0.001"
    )
    assert _evaluate(scripts, archive, folder, tmp_path / "out") == 0
    document = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    metrics = document["regression_metrics"]
    assert set(metrics) == {"mae", "mse", "rmse", "r2"}
    assert metrics["r2"]["value"] > 0.999
    assert metrics["rmse"]["value"] == pytest.approx(np.sqrt(metrics["mse"]["value"]))


def test_undefined_metrics_are_left_out_and_the_json_is_strict(jobs, scripts, tmp_path):
    header, *rows = (jobs.test / "test.csv").read_text().splitlines()
    only_negative = [row for row in rows if row.startswith("0,")][:5]
    folder = tmp_path / "one_class"
    folder.mkdir()
    (folder / "test.csv").write_text("\n".join([header, *only_negative]) + "\n")
    assert _evaluate(scripts, jobs.archive, folder, tmp_path) == 0

    def refuse(constant):
        raise AssertionError(constant)

    text = (tmp_path / "evaluation.json").read_text()
    metrics = json.loads(text, parse_constant=refuse)["binary_classification_metrics"]
    assert metrics["accuracy"] == {"value": 1.0, "standard_deviation": 0.0}
    for absent in ("recall", "auc", "true_positive_rate", "receiver_operating_characteristic_curve"):
        assert absent not in metrics


def test_finds_the_features_by_name_whatever_their_order(jobs, scripts, tmp_path):
    table = scripts.data_tables.read_table(jobs.test, "target")
    model = scripts.model_utils.load_model(jobs.model)
    turned = scripts.data_tables.Table(
        feature_names=table.feature_names[::-1], features=table.features[:, ::-1], target=table.target
    )
    said = [scripts.evaluate.ask(model, each).probabilities for each in (table, turned)]
    assert (said[0] == said[1]).all()


def test_bootstrap_s_deviation_is_near_the_binomial_one(scripts):
    right = np.arange(400) % 10 != 0
    described = scripts.evaluate.describe(
        lambda column: {"accuracy": column.mean()}, [right], resamples=500, random_state=1
    )
    assert described["accuracy"]["value"] == 0.9
    assert described["accuracy"]["standard_deviation"] == pytest.approx(np.sqrt(0.9 * 0.1 / 400), rel=0.1)


def test_fails_when_the_test_set_is_not_of_this_model(jobs, scripts, write_csv, tmp_path, capsys):
    assert _evaluate(scripts, jobs.archive, write_csv("target,b\n1,2\n"), tmp_path) == 1
    assert capsys.readouterr().err.startswith(
        "WrongFeatures: the test set must have the model's features, got ['area_error', 'b', 'compactn"
    )
    header, row, *_ = (jobs.test / "test.csv").read_text().splitlines()
    folder = write_csv(f"{header}\n7{row[1:]}\n")
    assert _evaluate(scripts, jobs.archive, folder, tmp_path) == 1
    assert capsys.readouterr().err == (
        "UnknownClass: target must be one of the model's classes 0, 1, got [7.0]; "
        "train on data that has every class\n"
    )
    assert _evaluate(scripts, jobs.archive, jobs.test, tmp_path, "--resamples", "1") == 1
    assert capsys.readouterr().err == "InvalidResamples: resamples must be at least 2, got 1; try 200\n"
    assert not (tmp_path / "evaluation.json").exists()


def _tar(path, name, *, link=None):
    with tarfile.open(path, "w:gz") as tar:
        member = tarfile.TarInfo(name)
        if link is not None:
            member.type, member.linkname = tarfile.SYMTYPE, link
        tar.addfile(member, io.BytesIO())


def test_fails_when_the_archive_is_missing_or_not_a_model(scripts, jobs, tmp_path, capsys):
    archive = tmp_path / "model.tar.gz"
    assert _evaluate(scripts, archive, jobs.test, tmp_path) == 1
    assert capsys.readouterr().err == (
        f"ModelNotFound: model_path must be an existing file, got {str(archive)!r}; "
        "give the model.tar.gz that the training job wrote\n"
    )
    archive.write_bytes(b"no archive at all")
    assert _evaluate(scripts, archive, jobs.test, tmp_path) == 1
    assert capsys.readouterr().err.startswith(
        "InvalidArchive: model_path must be a tar archive, got 'model.tar.gz'; pack it anew: "
    )
    archive.write_bytes(jobs.archive.read_bytes()[:2000])
    assert _evaluate(scripts, archive, jobs.test, tmp_path) == 1
    assert capsys.readouterr().err.startswith("InvalidArchive: model_path must be a tar archive")
    _tar(archive, "readme.txt")
    assert _evaluate(scripts, archive, jobs.test, tmp_path) == 1
    assert capsys.readouterr().err == (
        "ModelNotFound: model_dir must hold model.joblib, got ['readme.txt']; train with train.py\n"
    )


@pytest.mark.parametrize(
    ("name", "link"),
    [
        pytest.param("../escaped.txt", None, id="outside the folder"),
        pytest.param("model.joblib", "/etc/passwd", id="link to the machine"),
    ],
)
def test_fails_when_the_archive_would_reach_outside_its_folder(scripts, jobs, tmp_path, capsys, name, link):
    archive = tmp_path / "model.tar.gz"
    _tar(archive, name, link=link)
    assert _evaluate(scripts, archive, jobs.test, tmp_path / "out") == 1
    assert capsys.readouterr().err.startswith(
        "UnsafeArchive: model_path must hold plain files only, got 'model.tar.gz'; pack it anew: "
    )


def test_fails_when_another_minor_version_of_scikit_learn_trained_the_model(scripts, jobs, tmp_path):
    schema = json.loads((jobs.model / "schema.json").read_text()) | {"scikit_learn_version": "0.23.2"}
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    (tmp_path / "model.joblib").write_bytes((jobs.model / "model.joblib").read_bytes())
    with pytest.raises(scripts.model_utils.InputError, match=r"must be version 0\.23\.2, which trained this"):
        scripts.model_utils.load_model(tmp_path)


def test_a_registry_that_cannot_be_reached_does_not_stop_the_evaluation(scripts, jobs, tmp_path, monkeypatch):
    for name, value in {
        "MODEL_PACKAGE_GROUP_NAME": "churn",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    assert _evaluate(scripts, jobs.archive, jobs.test, tmp_path) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Not compared: the model registry could not be read (EndpointConnectionError: " in page
    assert (tmp_path / "evaluation.json").read_bytes() == (jobs.evaluation / "evaluation.json").read_bytes()
