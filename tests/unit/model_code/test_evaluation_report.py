"""The HTML report: what it shows for good, bad and odd models, and that it is one safe and readable file."""

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

NO_COMPARISON = "Not compared: no version of churn is approved yet."


@pytest.fixture
def report(scripts):
    """Makes the report of made-up answers."""

    def make(
        actual, predicted, probabilities=None, *, classes=(), target="target", document=None, before=None
    ):
        answers = scripts.quality_metrics.Answers(
            actual=np.asarray(actual, dtype=float),
            predicted=np.asarray(predicted, dtype=float),
            probabilities=None if probabilities is None else np.asarray(probabilities, dtype=float),
            classes=classes,
        )
        kind = "Regression" if not classes else "MulticlassClassification"
        kind = "BinaryClassification" if len(classes) == 2 else kind
        schema = scripts.model_utils.Schema(
            feature_names=("a", "b"), dtypes=("float64",) * 2, target=target, problem_type=kind,
            classes=classes, scikit_learn_version="1.9.0",
        )  # fmt: skip
        comparison = scripts.previous_version.Comparison(note=NO_COMPARISON)
        if before is not None:
            comparison = scripts.previous_version.Comparison(
                note="Compared with version 3 of churn.", version=3, document=before
            )
        if document is None:
            document = scripts.evaluate.measure(answers, kind, resamples=5)
        return scripts.evaluation_report.evaluation_report(document, answers, schema, comparison)

    return make


def two_columns(positive):
    positive = np.asarray(positive, dtype=float)
    return np.column_stack([1 - positive, positive])


def drawings(page):
    """Every drawing as XML, by its heading."""
    found = re.findall(r"<figure><h3>(.*?)</h3>\n(<svg.*?</svg>)", page, re.DOTALL)
    return {title: ElementTree.fromstring(svg) for title, svg in found}


def lines(drawing):
    return [
        [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]
        for line in drawing.iter("polyline")
    ]


def table(page):
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', page)
    return {name: re.findall(r"<td[^>]*>(.*?)</td>", cells) for name, cells in rows}


class Elements(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.attributes, self.wrong = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def test_evaluation_of_real_data_writes_it_beside_the_metrics(jobs):
    page = (jobs.evaluation / "report.html").read_text(encoding="utf-8")
    assert list(drawings(page)) == ["ROC curve", "Precision and recall", "Confusion matrix", "Calibration"]
    assert "112 of 114 rows are predicted right." in page
    assert "class 1, area 0.9954" in page
    assert "Not compared: no model package group was given to the evaluation." in page
    metrics = json.loads((jobs.evaluation / "evaluation.json").read_text())["binary_classification_metrics"]
    assert table(page)["accuracy"][0] == f"{metrics['accuracy']['value']:.4g}"
    assert set(table(page)) >= {"accuracy", "false positive rate", "f0.5", "auc"}


def test_it_is_one_file_that_loads_and_runs_nothing(jobs):
    page = (jobs.evaluation / "report.html").read_text(encoding="utf-8")
    elements = Elements(page)
    assert (elements.open, elements.wrong) == ([], [])
    assert not {"script", "link", "img", "iframe", "image", "use", "object"} & set(elements.tags)
    assert not {name for name in elements.attributes if name.startswith("on")}
    assert not {"src", "href", "xlink:href", "action"} & set(elements.attributes)
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert len(page) < 100_000


def test_every_drawing_says_in_words_what_it_shows(jobs):
    for title, drawing in drawings((jobs.evaluation / "report.html").read_text(encoding="utf-8")).items():
        assert drawing.get("role") == "img"
        assert drawing.get("aria-label").startswith(f"{title}. ")
        assert len(drawing.get("aria-label")) > len(title) + 10


def test_perfect_classifier(report):
    actual = [0, 0, 1, 1]
    page = report(actual, actual, two_columns([0, 0, 1, 1]), classes=(0, 1))
    assert "class 1, area 1.0000" in page
    assert "4 of 4 rows are predicted right." in page
    assert table(page)["auc"] == ["1", "0"]
    roc, calibration = (lines(drawings(page)[name])[0] for name in ("ROC curve", "Calibration"))
    # Up the left side, then along the top.
    assert roc[0][0] == roc[1][0]
    assert roc[-1][1] == roc[1][1]
    assert len(calibration) == 2


@pytest.mark.parametrize("said", [0, 1])
def test_classifier_that_always_says_the_same(report, said):
    page = report([0, 1, 0, 1], [said] * 4, two_columns([said] * 4), classes=(0, 1))
    assert "class 1, area 0.5000" in page
    assert "2 of 4 rows are predicted right." in page
    calibration = drawings(page)["Calibration"]
    assert len(list(calibration.iter("circle"))) == 1
    assert lines(calibration) == []


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_in_the_test_set_has_no_curves(report, label):
    page = report([label] * 3, [label] * 3, two_columns([0.1, 0.2, 0.6]), classes=(0, 1))
    assert list(drawings(page)) == ["Confusion matrix", "Calibration"]
    assert "nan" not in page.lower().replace("nance", "")


def test_several_classes_have_a_curve_each(report):
    probabilities = [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.5, 0.4], [0.6, 0.2, 0.2]]
    page = report([1, 5, 9, 1], [1, 5, 5, 1], probabilities, classes=(1, 5, 9))
    found = drawings(page)
    assert len(lines(found["ROC curve"])) == len(lines(found["Precision and recall"])) == 3
    assert [f"class {label}, area" in page for label in (1, 5, 9)] == [True] * 3
    titles = [title.text for title in found["Confusion matrix"].iter("title")]
    assert "actual 9, predicted 5: 1 rows, 100.0% of the class" in titles
    assert "predicted probability of the predicted class" in page
    dashes = [line.get("stroke-dasharray") for line in found["ROC curve"].iter("polyline")]
    assert len(set(dashes)) == 3


def test_of_many_classes_the_most_frequent_are_drawn(report):
    classes = tuple(range(60))
    actual = [label for label in classes for _ in range(2 if label < 50 else 4)]
    probabilities = np.full((len(actual), 60), 0.001)
    probabilities[np.arange(len(actual)), actual] = 0.941
    page = report(actual, actual, probabilities, classes=classes)
    assert len(lines(drawings(page)["ROC curve"])) == 8
    assert "class 51, area" in page
    assert "Drawn: the 8 most frequent classes of the test set." in page
    assert "The 40 most frequent of 60 classes." in page
    assert len(list(drawings(page)["Confusion matrix"].iter("title"))) == 1600
    assert len(page) < 700_000


def test_regression_has_its_own_plots(report):
    page = report([1.0, 2.0, 3.5], [1.1, 2.0, 3.0])
    assert list(drawings(page)) == ["Predicted against actual", "Residuals", "Distribution of the residuals"]
    assert len(list(drawings(page)["Residuals"].iter("circle"))) == 3
    bars = [title.text for title in drawings(page)["Distribution of the residuals"].iter("title")]
    assert sum(int(text.split()[0]) for text in bars) == 3


@pytest.mark.parametrize(
    "values", [[5.0], [0.0, 0.0], [1e-300, 2e-300], [-1.7e308, 1.7e308], [1e15, 1e15 + 1]]
)
def test_regression_with_values_at_the_edges_of_what_a_double_holds(report, values):
    page = report(values, values[::-1], document={"regression_metrics": {}})
    for drawing in drawings(page).values():
        for element in drawing.iter():
            numbers = re.findall(r"nan|inf", " ".join(element.attrib.values()).replace("info", ""))
            assert not numbers


def test_of_many_rows_a_sample_is_drawn(report):
    values = np.linspace(0, 1, 5000)
    page = report(values, values)
    assert len(list(drawings(page)["Residuals"].iter("circle"))) == 1500
    assert "1,500 of 5,000 rows are drawn." in page
    assert len(page) < 300_000


def test_long_curves_are_thinned_and_keep_their_ends(scripts):
    points = [(place / 9999, (place / 9999) ** 2) for place in range(10_000)]
    thinned = scripts.svg_charts._thinned(points)
    assert len(thinned) == 400
    assert (thinned[0], thinned[-1]) == (points[0], points[-1])


def old(value, deviation=None):
    return {"value": value} | ({} if deviation is None else {"standard_deviation": deviation})


def test_compares_each_metric_with_the_version_before(report):
    now = {"rmse": old(2.0, 0.1), "r2": old(0.5, 0.3), "mae": old(1.0, 0.0), "mse": old(4.0)}
    before = {"rmse": old(3.0, 0.1), "r2": old(0.6, 0.2), "mae": old(0.5), "max_error": old(1)}
    page = report([1, 2], [1, 2], document={"regression_metrics": now}, before={"regression_metrics": before})
    rows = table(page)
    assert rows["rmse"][2:] == ["3", "-1", '<span class="good">▲ better</span>']
    assert rows["r2"][2:] == ["0.6", "-0.1", "<span>≈ about the same</span>"]
    assert rows["mae"][2:] == ["0.5", "+0.5", '<span class="bad">▼ worse</span>']
    assert rows["mse"][2:] == ["", "", "not measured then"]
    assert "Compared with version 3 of churn." in page
    assert '<th scope="col">Version 3</th>' in page


def test_more_is_better_of_a_share_and_worse_of_an_error_rate(report):
    now = {"accuracy": old(0.9), "false_positive_rate": old(0.9)}
    before = {"accuracy": old(0.8), "false_positive_rate": old(0.8)}
    page = report(
        [0, 1], [0, 1], two_columns([0, 1]), classes=(0, 1),
        document={"binary_classification_metrics": now}, before={"binary_classification_metrics": before},
    )  # fmt: skip
    assert "better" in table(page)["accuracy"][4]
    assert "worse" in table(page)["false positive rate"][4]


def test_draws_the_curves_of_the_version_before_beside_its_own(report, jobs):
    before = json.loads((jobs.evaluation / "evaluation.json").read_text())
    page = report([0, 1], [0, 1], two_columns([0, 1]), classes=(0, 1), before=before)
    for name in ("ROC curve", "Precision and recall"):
        assert len(lines(drawings(page)[name])) == 2
    assert page.count("previous version</li>") == 2


def test_says_so_when_the_version_before_solves_another_problem(report):
    page = report([1, 2], [1, 2], before={"binary_classification_metrics": {}})
    assert "Not compared: version 3 solves another kind of problem than this model." in page
    assert "Version 3" not in page


@pytest.mark.parametrize(
    "metrics",
    [
        [],
        {"accuracy": None, "auc": {"value": "NaN"}, "recall": {"value": True}, "f1": {"value": float("nan")}},
        {"receiver_operating_characteristic_curve": "none", "precision_recall_curve": {"recalls": [0, 1]}},
        {"precision_recall_curve": {"recalls": [0, 1], "precisions": [1]}},
        {"precision_recall_curve": {"recalls": [0, None], "precisions": [1, 1]}},
        {"precision_recall_curve": {"recalls": "x", "precisions": [[1], [1]]}},
    ],
)
def test_odd_metrics_of_the_version_before_are_passed_over(report, metrics):
    before = {"binary_classification_metrics": metrics}
    page = report([0, 1], [0, 1], two_columns([0, 1]), classes=(0, 1), before=before)
    assert "previous version" not in page
    assert next(iter(drawings(page))) == "ROC curve"


def test_names_are_escaped(report):
    name = "<script>alert('&\"')</script>"
    metric = {"value": 1.0}
    page = report(
        [1, 2], [1, 2], target=name, document={"regression_metrics": {name: metric}},
        before={"regression_metrics": {name: metric}},
    )  # fmt: skip
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(&#x27;&amp;&quot;&#x27;)&lt;/script&gt;") == 3


def test_the_same_answers_give_the_same_bytes(report):
    values = np.random.default_rng(1).random(3000)
    assert report(values, values**2) == report(values, values**2)


def test_fails_when_the_model_answers_with_no_number(scripts, jobs):
    table = scripts.data_tables.read_table(jobs.test, "target")
    schema = scripts.model_utils.load_model(jobs.model).schema

    class Broken:
        def predict_proba(self, features):
            answer = np.full((len(features), 2), 0.5)
            answer[3, 1] = np.nan
            return answer

    with pytest.raises(scripts.model_utils.InputError) as raised:
        scripts.evaluate.ask(scripts.model_utils.Model(pipeline=Broken(), schema=schema), table)
    assert str(raised.value) == (
        "NonFiniteScore: the model must answer with finite numbers, got [0.5, nan]; "
        "train it on data without extreme values"
    )


def luminance(color):
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(color, background, share):
    pairs = [(int(color[at : at + 2], 16), int(background[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(over * share + under * (1 - share)):02x}" for over, under in pairs)


@pytest.mark.parametrize("scheme", ["LIGHT", "DARK"])
def test_colours_are_readable_in_light_and_in_dark(scripts, scheme):
    colors = getattr(scripts.report_style, scheme)
    for name, color in colors.items():
        for behind in ("page", "panel"):
            if name in ("ink", "muted", "good", "bad"):
                assert contrast(color, colors[behind]) >= 4.5, (name, behind)
            elif name.startswith(("series", "accent")):
                assert contrast(color, colors[behind]) >= 3, (name, behind)
    for shade in ("accent", "bad"):  # the darkest cells of a confusion matrix
        assert contrast(colors["ink"], mixed(colors[shade], colors["panel"], 0.4)) >= 4.5
    assert f"--ink: {colors['ink']};" in scripts.report_style.style_sheet()


_NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=200)
@given(values=st.lists(_NUMBERS, min_size=1, max_size=5))
def test_an_axis_has_room_for_every_value_and_tells_its_ticks_apart(scripts, values):
    axis = scripts.svg_charts.Axis.around("x", values)
    labelled = scripts.svg_charts._labelled(axis.ticks())
    assert all(0 <= axis.place(value) <= 1 for value in values)
    assert len({label for _, label in labelled}) == len(labelled)
    assert all(-0.01 <= axis.place(tick) <= 1.01 for tick, _ in labelled)
    assert 1 <= len(labelled) <= 8


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (-150, 150, ["-150", "-100", "-50", "0", "50", "100", "150"]),
        (0, 3e7, ["0", "5.0e6", "1.0e7", "1.5e7", "2.0e7", "2.5e7", "3.0e7"]),
        (0, 1e-6, ["0", "2e-7", "4e-7", "6e-7", "8e-7", "1e-6"]),
    ],
)
def test_ticks_are_round_and_short(scripts, low, high, labels):
    axis = scripts.svg_charts.Axis(label="x", low=low, high=high)
    assert [label for _, label in scripts.svg_charts._labelled(axis.ticks())] == labels
