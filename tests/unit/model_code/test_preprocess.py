import pytest

_ROWS = "a,b,target\n" + "".join(f"{i},{i * 0.5},{i % 2}\n" for i in range(20))


def _run(scripts, folder, tmp_path, *options):
    return scripts.preprocess.main(
        ["--input-dir", str(folder), "--train-dir", str(tmp_path / "train"),
         "--test-dir", str(tmp_path / "test"), *options]
    )  # fmt: skip


def test_splits_the_real_data_by_class_shares_with_the_target_first(jobs, scripts):
    train = scripts.data_tables.read_table(jobs.train, "target")
    test = scripts.data_tables.read_table(jobs.test, "target")
    assert (train.features.shape, test.features.shape) == ((455, 30), (114, 30))
    assert (jobs.train / "train.csv").read_text().startswith("target,mean_radius,mean_texture,")
    assert (jobs.test / "test.csv").read_text().startswith("target,mean_radius,mean_texture,")
    assert train.target.mean() == pytest.approx(test.target.mean(), abs=0.01)
    assert "read 569 rows with 30 features" in jobs.logs["preprocess"]


def test_two_runs_write_the_same_bytes(jobs, run_script, quickstart, tmp_path):
    run_script(
        "preprocess.py", "--input-dir", quickstart / "data", "--train-dir", tmp_path, "--test-dir", tmp_path
    )
    for name in ("train", "test"):
        assert (tmp_path / f"{name}.csv").read_bytes() == (getattr(jobs, name) / f"{name}.csv").read_bytes()


def test_every_row_lands_in_one_file_with_its_values_unchanged(jobs, scripts, quickstart):
    raw = scripts.data_tables.read_table(quickstart / "data", "target")
    parts = [scripts.data_tables.read_table(folder, "target") for folder in (jobs.train, jobs.test)]
    rows = [(label, *row) for part in parts for label, row in zip(part.target, part.features, strict=True)]
    assert sorted(rows) == sorted((label, *row) for label, row in zip(raw.target, raw.features, strict=True))


def test_another_seed_and_share_choose_other_rows(scripts, write_csv, tmp_path):
    folder = write_csv(_ROWS)
    assert _run(scripts, folder, tmp_path) == 0
    first = (tmp_path / "test" / "test.csv").read_text()
    assert _run(scripts, folder, tmp_path, "--random-state", "7") == 0
    assert (tmp_path / "test" / "test.csv").read_text() != first
    assert _run(scripts, folder, tmp_path, "--test-size", "0.5") == 0
    assert len((tmp_path / "test" / "test.csv").read_text().splitlines()) == 11


def test_reads_several_files_as_one_and_takes_the_target_from_any_column(scripts, write_csv, tmp_path):
    write_csv("a,label,b\n1,0,2\n3,1,4\n5,0,6\n", name="1.csv")
    folder = write_csv("a,label,b\r\n7,1,8\r\n9,0,10\r\n11,1,12\r\n", name="2.csv")
    assert _run(scripts, folder, tmp_path, "--target", "label", "--test-size", "0.34") == 0
    train = (tmp_path / "train" / "train.csv").read_text().splitlines()
    test = (tmp_path / "test" / "test.csv").read_text().splitlines()
    assert train[0] == test[0] == "label,a,b"
    assert sorted(train[1:] + test[1:]) == ["0,1,2", "0,5,6", "0,9,10", "1,11,12", "1,3,4", "1,7,8"]


@pytest.mark.parametrize(
    "target",
    [
        pytest.param([index * 0.25 for index in range(20)], id="fractions"),
        pytest.param(list(range(30)), id="many whole numbers"),
        pytest.param([0] * 19 + [1], id="a class with one row"),
    ],
)
def test_splits_without_classes_when_the_target_does_not_look_like_classes(
    scripts, write_csv, tmp_path, target
):
    folder = write_csv("a,target\n" + "".join(f"{i},{value}\n" for i, value in enumerate(target)))
    assert _run(scripts, folder, tmp_path) == 0
    written = (tmp_path / "train" / "train.csv").read_text().splitlines()[1:]
    written += (tmp_path / "test" / "test.csv").read_text().splitlines()[1:]
    assert len(written) == len(target)


_WRONG = {
    "empty file": (
        "", [],
        "EmptyFile: data.csv must start with a header, got ''; name the columns in line 1",
    ),
    "header only": (
        "a,target\n", [],
        "NoRows: data.csv must hold at least one row, got ''; give rows of numbers",
    ),
    "missing target": (
        "a,b\n1,2\n", [],
        "MissingTarget: target must be a column of data.csv, got 'target'; "
        "name the column to predict with --target; data.csv has a, b",
    ),
    "duplicate column": (
        "a,a,target\n1,2,3\n", [],
        "DuplicateColumn: data.csv header must name each column once, got ['a']; rename or drop one",
    ),
    "unnamed column": (
        "a,,target\n1,2,3\n", [],
        "UnnamedColumn: data.csv header must name every column, got 'a,,target'; name it",
    ),
    "target only": (
        "target\n1\n", [],
        "NoFeatures: data.csv header must name at least one feature, got ['target']; add columns",
    ),
    "text in a number": (
        "a,target\n1,0\nred,1\n", [],
        "InvalidNumber: data.csv row 2, column 'a' must be a number, got 'red'; "
        "give plain numbers, such as 17.99",
    ),
    "missing value": (
        "a,target\n1,0\n2,\n", [],
        "MissingValue: data.csv row 2, column 'target' must be a number, got ''; "
        "fill the value in, or leave out the row",
    ),
    "not a number": (
        "a,target\nnan,0\n2,1\n", [],
        "NonFiniteNumber: data.csv row 1, column 'a' must be a finite number, got nan; "
        "give plain numbers, such as 17.99",
    ),
    "short row": (
        "a,b,target\n1,2,0\n1,1\n", [],
        "WrongColumnCount: data.csv row 2 must have 3 values, got 2; "
        "give one value for each column, in the same order in every row",
    ),
    "one class": (
        "a,target\n1,1\n2,1\n3,1\n", [],
        "OneClassOnly: target must have at least two values, got [1.0]; add rows of another class",
    ),
    "one row": (
        "a,target\n1,1\n", [],
        "TooFewRows: the data must have enough rows for a test share of 0.2, got 1; "
        "add rows, or change test_size",
    ),
    "test size": (
        _ROWS, ["--test-size", "1.5"],
        "InvalidTestSize: test_size must be between 0 and 1, got 1.5; try 0.2",
    ),
    "not UTF-8": (
        b"a,target\n\xff,1\n", [],
        "InvalidEncoding: data.csv must be UTF-8 text, got b'a,target\\n\\xff,1\\n'; send it as UTF-8",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "options", "error"), _WRONG.values(), ids=_WRONG)
def test_fails_and_writes_nothing_when_the_data_is_wrong(
    scripts, write_csv, tmp_path, capsys, text, options, error
):
    assert _run(scripts, write_csv(text), tmp_path, *options) == 1
    assert capsys.readouterr().err == f"{error}\n"
    assert not (tmp_path / "train").exists()
    assert not (tmp_path / "test").exists()


def test_fails_when_the_folder_has_no_csv_file(scripts, tmp_path, capsys):
    (tmp_path / "data.txt").write_text("a,target\n1,0\n")
    assert _run(scripts, tmp_path, tmp_path) == 1
    assert capsys.readouterr().err == (
        f"NoData: {tmp_path} must hold at least one *.csv file, got ['data.txt']; put the data there\n"
    )


def test_fails_when_two_files_have_different_columns(scripts, write_csv, tmp_path, capsys):
    write_csv("a,target\n1,0\n", name="1.csv")
    folder = write_csv("target,a\n1,0\n", name="2.csv")
    assert _run(scripts, folder, tmp_path) == 1
    assert capsys.readouterr().err == (
        "DifferentHeader: 2.csv header must equal that of 1.csv, got 'target,a'; "
        "give all files the same columns in the same order\n"
    )


@pytest.mark.parametrize("script", ["preprocess.py", "train.py", "evaluate.py", "inference.py"])
def test_every_script_explains_itself(run_script, script):
    answer = run_script(script, "--help")
    assert answer.returncode == 0
    assert answer.stdout.startswith(f"usage: {script}")
