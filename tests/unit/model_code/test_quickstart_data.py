"""The quickstart's data is scikit-learn's data set, and its payload is a row that the model has not seen."""

from sklearn.datasets import load_breast_cancer


def _shortest(value):
    text = repr(float(value))
    return text.removesuffix(".0")


def test_data_is_the_breast_cancer_data_set_in_shortest_exact_numbers(quickstart):
    data = load_breast_cancer()
    names = [str(name).replace(" ", "_") for name in data.feature_names]
    lines = [",".join([*names, "target"])]
    lines += [
        ",".join([*map(_shortest, row), str(label)])
        for row, label in zip(data.data, data.target, strict=True)
    ]
    assert (quickstart / "data" / "breast_cancer.csv").read_text().splitlines() == lines
    assert len(lines) == 570
    assert str(data.target_names[1]) == "benign"


def test_payload_is_in_the_test_split_with_the_expected_label_and_not_in_train(quickstart, jobs, scripts):
    payload = scripts.model_utils.decode_csv((quickstart / "payload.csv").read_text())
    test = scripts.data_tables.read_table(jobs.test, "target")
    train = scripts.data_tables.read_table(jobs.train, "target")
    assert payload.shape == (1, 30)
    (place,) = (test.features == payload).all(axis=1).nonzero()[0]
    assert (quickstart / "payload.expected").read_text() == f"{test.target[place]:g}\n"
    assert not (train.features == payload).all(axis=1).any()


def test_model_predicts_the_payload_s_expected_label(quickstart, jobs, run_script):
    answer = run_script(
        "inference.py", "--model-dir", jobs.model, "--accept", "text/csv", quickstart / "payload.csv"
    )
    label, probability = answer.stdout.strip().split(",")
    assert label == (quickstart / "payload.expected").read_text().strip()
    assert 0.9 < float(probability) <= 1
