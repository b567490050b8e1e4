import json

import numpy as np
import pytest

_NUMBERS = "give plain numbers, such as 17.99"
_SAME = "give one value for each column, in the same order in every row"


@pytest.fixture(scope="module")
def small_model(scripts, tmp_path_factory):
    """A binary model of the features a and b, loaded as a server loads it."""
    return _load(scripts, tmp_path_factory, "y,a,b\n0,1,2\n0,2,1\n1,8,9\n1,9,8\n")


@pytest.fixture(autouse=True)
def _serve_small_model(scripts, small_model):
    scripts.inference._served["schema"] = small_model.schema
    yield
    scripts.inference._served.clear()


def _load(scripts, tmp_path_factory, text, *options):
    folder = tmp_path_factory.mktemp("model")
    (folder / "data.csv").write_text(text)
    arguments = ["--train-dir", str(folder), "--model-dir", str(folder), "--target", "y", *options]
    assert scripts.train.main(arguments) == 0
    return scripts.inference.model_fn(str(folder))


def _answer(scripts, model, body, content_type="application/json", accept="application/json"):
    data = scripts.inference.input_fn(body, content_type)
    return scripts.inference.output_fn(scripts.inference.predict_fn(data, model), accept)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param("1,2\n9,9\n", "text/csv", id="CSV"),
        pytest.param(b"1,2\n9,9\n", "text/csv", id="CSV bytes"),
        pytest.param(bytearray(b"1,2\n9,9\n"), "text/csv", id="CSV bytearray"),
        pytest.param(b"\xef\xbb\xbf1,2\n9,9\n", "text/csv", id="CSV with byte order mark"),
        pytest.param("1,2\n9,9\n", "Text/CSV; charset=utf-8", id="CSV with charset"),
        pytest.param("a,b\n1,2\n9,9\n", "text/csv; header=present", id="CSV with header"),
        pytest.param('{"instances": [[1, 2], [9, 9.0]]}', "application/json", id="instances"),
        pytest.param("[[1, 2], [9, 9]]", "application/json", id="list"),
        pytest.param(b"[[1, 2], [9, 9]]", "application/json", id="list as bytes"),
        pytest.param('[{"b": 2, "a": 1}, {"a": 9, "b": 9}]', "application/json", id="objects"),
        pytest.param('[[1, 2], {"b": 9, "a": 9}]', "application/json", id="list and object"),
    ],
)
def test_each_form_of_the_same_request_has_the_same_answer(scripts, small_model, body, content_type):
    answer, kind = _answer(scripts, small_model, body, content_type)
    predictions = json.loads(answer)["predictions"]
    assert kind == "application/json"
    assert [prediction["label"] for prediction in predictions] == [0, 1]
    expected = small_model.pipeline.predict_proba(np.array([[1.0, 2.0], [9.0, 9.0]])).max(axis=1)
    assert [prediction["probability"] for prediction in predictions] == expected.tolist()


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ("text/csv", "text/csv"),
        ("TEXT/*", "text/csv"),
        ("image/png, text/csv;q=0.5, */*;q=0.1", "text/csv"),
        ("application/json;q=0, text/csv", "text/csv"),
    ],
)
def test_answers_in_the_first_type_that_the_client_accepts(scripts, small_model, accept, kind):
    body, content_type = _answer(scripts, small_model, "9,9", "text/csv", accept)
    assert content_type == kind
    if kind == "text/csv":
        label, probability = body.removesuffix("\n").split(",")
        assert (label, 0.5 < float(probability) < 1) == ("1", True)
    else:
        assert json.loads(body)["predictions"][0]["label"] == 1


def test_multiclass_answers_with_the_probability_of_the_predicted_label(scripts, tmp_path_factory):
    rows = "".join(f"{label},{label * 10 + step}\n" for label in (3, 5, 8) for step in range(5))
    model = _load(scripts, tmp_path_factory, "y,a\n" + rows, "--problem-type", "MulticlassClassification")
    predictions = json.loads(_answer(scripts, model, "31\n52\n83", "text/csv")[0])["predictions"]
    assert [prediction["label"] for prediction in predictions] == [3, 5, 8]
    assert all(1 / 3 < prediction["probability"] < 1 for prediction in predictions)


def test_regression_answers_with_values(scripts, tmp_path_factory):
    rows = "".join(f"{2 * step + 0.5},{step}\n" for step in range(20))
    model = _load(
        scripts, tmp_path_factory, "y,a\n" + rows, "--problem-type", "Regression", "--alpha", "1e-9"
    )
    assert json.loads(_answer(scripts, model, "[[4]]")[0])["predictions"] == [{"value": pytest.approx(8.5)}]
    assert float(_answer(scripts, model, "4", "text/csv", "text/csv")[0]) == pytest.approx(8.5)


def test_decodes_before_a_model_is_loaded_and_checks_the_columns_when_predicting(scripts, small_model):
    scripts.inference._served.clear()
    assert scripts.inference.input_fn("1,2,3", "text/csv").tolist() == [[1, 2, 3]]
    assert scripts.inference.input_fn("[[1, 2, 3]]", "application/json").tolist() == [[1, 2, 3]]
    with pytest.raises(scripts.inference.RequestError) as raised:
        scripts.inference.predict_fn([[1, 2, 3]], small_model)
    assert str(raised.value) == f"WrongColumnCount: body row 1 must have 2 values, got 3; {_SAME}"


_SHAPE = 'be a list of rows, or an object {"instances": [...]}'
_WRONG = {
    "no body": ("text/csv", b"", 400, "EmptyBody: body must hold at least one row, got ''; send rows of numbers"),
    "blank body": (
        "application/json", " \n", 400,
        "EmptyBody: body must hold at least one row, got ' \\n'; send rows of numbers",
    ),
    "CSV header only": (
        "text/csv", "a,b\n", 400, "NoRows: body must hold at least one row, got 'a,b\\n'; give rows of numbers",
    ),
    "CSV column missing": (
        "text/csv", "1,2\n3\n", 400, f"WrongColumnCount: body row 2 must have 2 values, got 1; {_SAME}",
    ),
    "CSV text": (
        "text/csv", "1,two", 400, f"InvalidNumber: body row 1, column 'b' must be a number, got 'two'; {_NUMBERS}",
    ),
    "CSV nan": (
        "text/csv", "1,2\nNaN,2", 400,
        f"NonFiniteNumber: body row 2, column 'a' must be a finite number, got nan; {_NUMBERS}",
    ),
    "CSV gap": (
        "text/csv", "1,", 400,
        "MissingValue: body row 1, column 'b' must be a number, got ''; fill the value in, or leave out the row",
    ),
    "not UTF-8": (
        "text/csv", b"\xff\xfe1", 400,
        "InvalidEncoding: body must be UTF-8 text, got b'\\xff\\xfe1'; send it as UTF-8",
    ),
    "unknown content type": (
        "application/x-npy", b"\x93NUMPY", 415,
        "UnknownContentType: content_type must be 'text/csv' or 'application/json', got 'application/x-npy'; "
        "set the request's ContentType",
    ),
    "no content type": (
        None, "1,2", 415,
        "UnknownContentType: content_type must be 'text/csv' or 'application/json', got None; "
        "set the request's ContentType",
    ),
    "malformed JSON": (
        "application/json", '{"instances": [[1, 2]', 400,
        "MalformedJson: body must be JSON, got '{\"instances\": [[1, 2]'; "
        "correct it: Expecting ',' delimiter: line 1 column 22 (char 21)",
    ),
    "CSV sent as JSON": (
        "application/json", "1,2", 400,
        "MalformedJson: body must be JSON, got '1,2'; correct it: Extra data: line 1 column 2 (char 1)",
    ),
    "JSON number": ("application/json", "1", 400, f"InvalidJson: body must {_SHAPE}, got 1; send one list for each row"),
    "JSON without instances": (
        "application/json", '{"rows": []}', 400,
        f"InvalidJson: body must {_SHAPE}, got {{'rows': []}}; put the rows under 'instances'",
    ),
    "JSON without rows": (
        "application/json", '{"instances": []}', 400,
        "EmptyBody: body must hold at least one row, got []; send rows of numbers",
    ),
    "JSON row not in a list": (
        "application/json", "[1, 2]", 400,
        "InvalidRow: body row 1 must be a list of numbers, or an object by feature name, got 1; "
        "put the values of each row in a list of their own",
    ),
    "JSON row too long": (
        "application/json", "[[1, 2], [1, 2, 3]]", 400,
        f"WrongColumnCount: body row 2 must have 2 values, got 3; {_SAME}",
    ),
    "JSON text": (
        "application/json", '[[1, "2"]]', 400,
        f"InvalidNumber: body row 1, column 'b' must be a number, got '2'; {_NUMBERS}",
    ),
    "JSON bool": (
        "application/json", "[[true, 2]]", 400,
        f"InvalidNumber: body row 1, column 'a' must be a number, got True; {_NUMBERS}",
    ),
    "JSON null": (
        "application/json", "[[1, 2], [1, null]]", 400,
        "MissingValue: body row 2, column 'b' must be a number, got None; "
        "fill the value in, or leave out the row",
    ),
    "JSON nested": (
        "application/json", "[[[1], 2]]", 400,
        f"InvalidNumber: body row 1, column 'a' must be a number, got [1]; {_NUMBERS}",
    ),
    "JSON NaN": (
        "application/json", "[[1, NaN]]", 400,
        f"NonFiniteNumber: body row 1, column 'b' must be a finite number, got nan; {_NUMBERS}",
    ),
    "JSON whole number too large": (
        "application/json", f"[[1, {10**400}]]", 400,
        f"NonFiniteNumber: body row 1, column 'b' must be a finite number, got 1{'0' * 199}...; {_NUMBERS}",
    ),
    "JSON unknown feature": (
        "application/json", '[{"a": 1, "b": 2, "c": 3}]', 400,
        "UnknownFeature: body row 1 must name features of the model only, got ['c']; leave out or rename them",
    ),
    "JSON missing feature": (
        "application/json", '[{"a": 1}]', 400,
        "MissingFeature: body row 1 must name every feature of the model, got ['a']; add 'b'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content_type", "body", "status", "error"), _WRONG.values(), ids=_WRONG)
def test_fails_with_the_exact_error_when_the_request_is_wrong(scripts, content_type, body, status, error):
    with pytest.raises(scripts.inference.RequestError) as raised:
        scripts.inference.input_fn(body, content_type)
    assert (raised.value.status, str(raised.value)) == (status, error)


def test_fails_when_json_is_nested_too_deeply(scripts):
    with pytest.raises(
        scripts.inference.RequestError, match="MalformedJson: body must be JSON, got "
    ) as raised:
        scripts.inference.input_fn("[" * 200_000, "application/json")
    assert raised.value.status == 400


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "application/x-npy, image/png"])
def test_fails_when_no_accepted_type_can_be_given(scripts, accept):
    with pytest.raises(scripts.inference.RequestError) as raised:
        scripts.inference.output_fn([{"label": 1, "probability": 0.9}], accept)
    assert raised.value.status == 406
    assert str(raised.value) == (
        f"UnknownAccept: accept must be 'application/json' or 'text/csv', got {accept!r}; "
        "set the request's Accept"
    )


def test_fails_when_the_artifact_is_incomplete(scripts, tmp_path):
    with pytest.raises(scripts.model_utils.InputError) as raised:
        scripts.inference.model_fn(str(tmp_path))
    assert str(raised.value) == "ModelNotFound: model_dir must hold model.joblib, got []; train with train.py"


def test_command_line_answers_a_file_and_fails_with_one_line(scripts, jobs, run_script, quickstart, tmp_path):
    good = run_script("inference.py", "--model-dir", jobs.model, quickstart / "payload.csv")
    assert json.loads(good.stdout)["predictions"][0]["label"] == 1
    (tmp_path / "rows.csv").write_text("1,2\n")
    bad = run_script("inference.py", "--model-dir", jobs.model, tmp_path / "rows.csv")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr == f"WrongColumnCount: body row 1 must have 30 values, got 2; {_SAME}\n"
