"""The folder of a CDK app, as the user names it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from cdk_sagemaker_mlops.errors import Problem, ValidationError


@dataclass(frozen=True, kw_only=True)
class AppFolder:
    """A folder that holds a CDK app.

    Args:
        path: Absolute path of the folder.
    """

    path: Path


def app_folder(given: Path) -> AppFolder:
    """Checks that a folder can be given to the CDK CLI.

    Args:
        given: The folder as the user wrote it.

    Raises:
        ValidationError: It is no folder, or holds no usable ``cdk.json``.
    """
    if not given.is_dir():
        raise ValidationError(
            Problem(
                code="AppFolderNotFound",
                parameter="APP_DIR",
                rule="be a folder",
                value=str(given),
                fix="give the folder that holds the app's cdk.json",
            )
        )
    _check_cdk_json(given)
    return AppFolder(path=given.resolve())


def _check_cdk_json(folder: Path) -> None:
    file = folder / "cdk.json"
    if not file.is_file():
        names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
        raise ValidationError(
            Problem(
                code="CdkJsonNotFound",
                parameter="APP_DIR",
                rule="hold a cdk.json",
                value=f"{folder} with {', '.join(names[:10]) or 'no file'}",
                fix='add a cdk.json such as {"app": "python app.py"}',
            )
        )
    try:
        content = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise ValidationError(_invalid(file, f"be JSON ({error})", file.name)) from error
    app = content.get("app") if isinstance(content, dict) else content
    if not isinstance(app, str):
        raise ValidationError(_invalid(file, "name the app's command in its key 'app'", app))


def _invalid(file: Path, rule: str, value: object) -> Problem:
    return Problem(
        code="InvalidCdkJson",
        parameter=str(file),
        rule=rule,
        value=value,
        fix='write it like {"app": "python app.py"}',
    )
