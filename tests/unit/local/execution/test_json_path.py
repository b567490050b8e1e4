from __future__ import annotations

import pytest

from cdk_sagemaker_mlops.local.execution.json_path import PathError, follow, parse

DOCUMENT = {
    "a": {"b": [{"c": 1}, {"c": 2}]},
    "a name with spaces": {"x.y": "dotted", "it's": 3},
    "Outputs": [{"OutputName": "train", "Uri": "t"}, {"OutputName": "test", "Uri": "e"}],
    "zero": 0,
    "no": False,
}


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("a", ["a"]),
        ("a.b", ["a", "b"]),
        ("$.a.b[0]", ["a", "b", 0]),
        ("$['a']['b']", ["a", "b"]),
        ('a["b c"].d', ["a", "b c", "d"]),
        ("a[10][2]", ["a", 10, 2]),
        ("binary_classification_metrics.f1-score", ["binary_classification_metrics", "f1-score"]),
        ("", []),
        ("$", []),
    ],
)
def test_splits_a_path_into_its_parts(path: str, parts: list[str | int]) -> None:
    assert parse(path) == parts


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b[1].c", 2),
        ("['a name with spaces']['x.y']", "dotted"),
        ('$["a name with spaces"]["it\'s"]', 3),
        ("Outputs['test'].Uri", "e"),
        ("Outputs[0].Uri", "t"),
        ("zero", 0),
        ("no", False),
    ],
)
def test_follows_a_path(path: str, value: object) -> None:
    assert follow(DOCUMENT, path) == value


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("a.x", "'a.x' leads nowhere: there is no 'x' in an object with 'b'"),
        ("a.b[2]", "'a.b[2]' leads nowhere: there is no 2 in a list of 2"),
        ("zero.x", "'zero.x' leads nowhere: there is no 'x' in 0"),
        ("Outputs['none']", "\"Outputs['none']\" leads nowhere: there is no 'none' in a list of 2"),
        ("a[b]", "'a[b]' cannot be read from '[b]' on; write a.b[0]['c']"),
        ("a..b", "'a..b' cannot be read from '..b' on; write a.b[0]['c']"),
    ],
)
def test_fails_when_a_path_leads_nowhere(path: str, message: str) -> None:
    with pytest.raises(PathError) as caught:
        follow(DOCUMENT, path)
    assert str(caught.value) == message
