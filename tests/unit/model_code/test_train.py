import json

import numpy as np
import pytest
import sklearn

_GENERATOR = np.random.default_rng(0)


def _data(kind, rows=60):
    features = _GENERATOR.normal(size=(rows, 2))
    total = features @ [2.0, -1.0]
    target = {
        "BinaryClassification": (total > 0).astype(int),
        "MulticlassClassification": np.digitize(total, [-1, 1]) + 3,
        "Regression": total + 0.01 * features[:, 0],
    }[kind]
    lines = [f"{label},{a!r},{b!r}" for label, (a, b) in zip(target.tolist(), features.tolist(), strict=True)]
    return "\n".join(["y,a,b", *lines]) + "\n"


def _train(scripts, folder, model_dir, *options):
    return scripts.train.main(
        ["--train-dir", str(folder), "--model-dir", str(model_dir), "--target", "y", *options]
    )


def test_writes_the_artifact_that_serves_without_repacking(jobs, model_code):
    files = sorted(str(path.relative_to(jobs.model)) for path in jobs.model.rglob("*") if path.is_file())
    code = ("inference.py", "model_utils.py", "plain_numbers.py")
    assert files == [*(f"code/{name}" for name in code), "model.joblib", "schema.json"]
    for name in code:
        assert (jobs.model / "code" / name).read_bytes() == (model_code / name).read_bytes()


def test_schema_says_what_the_model_takes_and_gives(jobs):
    schema = json.loads((jobs.model / "schema.json").read_text())
    assert schema["feature_names"][:2] == ["mean_radius", "mean_texture"]
    assert schema["dtypes"] == ["float64"] * 30
    del schema["feature_names"], schema["dtypes"]
    assert schema == {
        "target": "target",
        "problem_type": "BinaryClassification",
        "classes": [0, 1],
        "scikit_learn_version": sklearn.__version__,
    }


def test_prints_the_metrics_of_each_fold_as_it_goes(jobs):
    log = jobs.logs["train"]
    assert [f"fold {fold} of 5: accuracy=0.9" in log for fold in range(1, 6)] == [True] * 5
    assert float(log.split("cv_accuracy=")[1].split(";")[0]) > 0.95
    assert float(log.split("train_accuracy=")[1].split(";")[0]) > 0.95


def test_two_runs_give_models_that_predict_the_same(jobs, scripts, run_script, tmp_path):
    again = run_script("train.py", SM_CHANNEL_TRAIN=jobs.train, SM_MODEL_DIR=tmp_path)
    assert again.returncode == 0, again.stderr
    features = scripts.data_tables.read_table(jobs.test, "target").features
    first, second = (
        scripts.model_utils.predict(scripts.model_utils.load_model(folder), features)[1]
        for folder in (jobs.model, tmp_path)
    )
    assert (first == second).all()
    assert (jobs.model / "schema.json").read_bytes() == (tmp_path / "schema.json").read_bytes()


@pytest.mark.parametrize(
    ("problem_type", "classes", "step"),
    [
        ("BinaryClassification", [0, 1], "LogisticRegression"),
        ("MulticlassClassification", [3, 4, 5], "LogisticRegression"),
        ("Regression", [], "Ridge"),
    ],
)
def test_trains_each_problem_type(scripts, write_csv, tmp_path, problem_type, classes, step):
    folder = write_csv(_data(problem_type))
    assert _train(scripts, folder, tmp_path / "model", "--problem-type", problem_type) == 0
    model = scripts.model_utils.load_model(tmp_path / "model")
    assert list(model.schema.classes) == classes
    assert type(model.pipeline[-1]).__name__ == step
    table = scripts.data_tables.read_table(folder, "y")
    assert model.pipeline.score(table.features, table.target) > 0.9


@pytest.mark.parametrize("spelling", ["--max_iter", "--max-iter"])
def test_hyperparameters_may_be_spelt_with_either_separator(scripts, write_csv, tmp_path, spelling):
    folder = write_csv(_data("BinaryClassification"))
    assert _train(scripts, folder, tmp_path / "model", spelling, "321", "--alpha=0.5") == 0
    classifier = scripts.model_utils.load_model(tmp_path / "model").pipeline[-1]
    assert (classifier.max_iter, classifier.C) == (321, 2.0)


def test_trains_on_a_class_with_one_row_without_cross_validation(scripts, write_csv, tmp_path):
    folder = write_csv("y,a\n0,1\n0,2\n0,3\n1,9\n")
    assert _train(scripts, folder, tmp_path / "model") == 0
    assert scripts.model_utils.load_model(tmp_path / "model").schema.classes == (0, 1)


_WRONG = {
    "alpha": (
        "y,a\n0,1\n1,2\n", ["--alpha", "0"],
        "InvalidAlpha: alpha must be a number above 0, got 0.0; try 1.0",
    ),
    "infinite alpha": (
        "y,a\n0,1\n1,2\n", ["--alpha", "inf"],
        "InvalidAlpha: alpha must be a number above 0, got inf; try 1.0",
    ),
    "max_iter": (
        "y,a\n0,1\n1,2\n", ["--max_iter", "0"],
        "InvalidMaxIter: max_iter must be at least 1, got 0; try 1000",
    ),
    "three classes in a binary problem": (
        "y,a\n0,1\n1,2\n2,3\n", [],
        "WrongClassCount: target must have exactly 2 classes, got [0.0, 1.0, 2.0]; "
        "train with another problem_type, or correct the data",
    ),
    "two classes in a multiclass problem": (
        "y,a\n0,1\n1,2\n", ["--problem_type", "MulticlassClassification"],
        "WrongClassCount: target must have at least 3 classes, got [0.0, 1.0]; "
        "train with problem_type BinaryClassification, or correct the data",
    ),
    "fractions as classes": (
        "y,a\n0.5,1\n1,2\n", [],
        "InvalidClass: target must hold whole numbers, got [0.5, 1.0]; "
        "number the classes, or train with problem_type Regression",
    ),
    "text as class": (
        "y,a\nyes,1\n", [],
        "InvalidNumber: data.csv row 1, column 'y' must be a number, got 'yes'; "
        "give plain numbers, such as 17.99",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "options", "error"), _WRONG.values(), ids=_WRONG)
def test_fails_and_writes_no_model_when_data_or_hyperparameter_is_wrong(
    scripts, write_csv, tmp_path, capsys, text, options, error
):
    assert _train(scripts, write_csv(text), tmp_path / "model", *options) == 1
    assert capsys.readouterr().err == f"{error}\n"
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(["--alhpa", "1"], "unrecognized arguments: --alhpa 1", id="unknown hyperparameter"),
        pytest.param(["--max_iter", "many"], "argument --max-iter: invalid int value: 'many'", id="type"),
        pytest.param(["--problem_type", "Ranking"], "invalid choice: 'Ranking'", id="problem type"),
    ],
)
def test_fails_when_a_hyperparameter_is_unknown_or_of_a_wrong_type(scripts, capsys, options, words):
    with pytest.raises(SystemExit) as exit_:
        scripts.train.main(options)
    assert exit_.value.code == 2
    assert words in capsys.readouterr().err
