"""The folder of a CDK app: every wrong one, with the text that a user reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_sagemaker_mlops.errors import ValidationError
from cdk_sagemaker_mlops.local.app_folder import app_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "my app é"
    made.mkdir()
    return made


def refusal(given: Path) -> str:
    with pytest.raises(ValidationError) as caught:
        app_folder(given)
    return str(caught.value)


def test_a_folder_with_a_cdk_json_becomes_absolute(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "cdk.json").write_text('{"app": "python app.py"}')
    monkeypatch.chdir(folder.parent)
    assert app_folder(Path("my app é")).path == folder.resolve()


def test_fails_when_there_is_no_such_folder(folder: Path) -> None:
    missing = folder / "missing"
    assert refusal(missing) == (
        f"AppFolderNotFound: APP_DIR must be a folder, got {str(missing)!r};"
        " give the folder that holds the app's cdk.json"
    )


def test_fails_when_it_is_a_file(folder: Path) -> None:
    file = folder / "app.py"
    file.write_text("")
    assert refusal(file).startswith("AppFolderNotFound: APP_DIR must be a folder, got ")


def test_fails_when_there_is_no_cdk_json_and_says_what_there_is(folder: Path) -> None:
    for name in ("b.py", "a.py", ".hidden"):
        (folder / name).write_text("")
    assert refusal(folder) == (
        f"CdkJsonNotFound: APP_DIR must hold a cdk.json, got {f'{folder} with a.py, b.py'!r};"
        ' add a cdk.json such as {"app": "python app.py"}'
    )


def test_fails_when_the_folder_is_empty(folder: Path) -> None:
    assert "with no file" in refusal(folder)


@pytest.mark.parametrize(
    ("content", "rule", "value"),
    [
        ("{}", "name the app's command in its key 'app'", "None"),
        ('{"app": ["python"]}', "name the app's command in its key 'app'", "['python']"),
        ("[1]", "name the app's command in its key 'app'", "[1]"),
        (
            "{",
            "be JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))",
            "'cdk.json'",
        ),
    ],
)
def test_fails_when_the_cdk_json_names_no_command(folder: Path, content: str, rule: str, value: str) -> None:
    file = folder / "cdk.json"
    file.write_text(content)
    assert refusal(folder) == (
        f'InvalidCdkJson: {file} must {rule}, got {value}; write it like {{"app": "python app.py"}}'
    )
