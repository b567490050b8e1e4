from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.constructs import handler_function
from cdk_sagemaker_mlops.constructs.model_deployment import ModelDeployment
from cdk_sagemaker_mlops.handlers import contract


def own_functions(stack: Any) -> list[dict[str, Any]]:
    return [
        properties
        for properties in map(stack.properties, stack.ids("AWS::Lambda::Function"))
        if properties["Runtime"].startswith("python")
    ]


def test_functions_log_json_for_a_month_and_leave_nothing_behind(default_deployment: Any) -> None:
    for function in own_functions(default_deployment):
        assert function["Runtime"] == "python3.14"
        assert function["LoggingConfig"]["LogFormat"] == "JSON"
        assert function["LoggingConfig"]["ApplicationLogLevel"] == "INFO"
    for logical_id in default_deployment.ids("AWS::Lambda::Function"):
        log_group = default_deployment.properties(logical_id)["LoggingConfig"]["LogGroup"]["Ref"]
        assert default_deployment.resources[log_group]["DeletionPolicy"] == "Delete"
        assert default_deployment.properties(log_group)["RetentionInDays"] == 30


def staged_code(stack: Any) -> Path:
    stack.app.synth()
    assets = json.loads((stack.outdir / "Churn.assets.json").read_text())["files"]
    hashes = {function["Code"]["S3Key"].removesuffix(".zip") for function in own_functions(stack)}
    assert len(hashes) == 1, "all functions share one asset"
    return stack.outdir / assets[hashes.pop()]["source"]["path"]


IMPORT_HANDLERS = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
for path in sys.argv[2:]:
    module, name = path.rsplit(".", 1)
    assert callable(getattr(importlib.import_module(module), name)), path
    assert importlib.import_module(module).__file__.startswith(sys.argv[1]), path
print(sorted({name.split(".")[0] for name in sys.modules} - sys.stdlib_module_names))
"""


def test_the_code_that_is_shipped_finds_its_handlers_with_boto3_only(default_deployment: Any) -> None:
    code = staged_code(default_deployment)
    handlers = {function["Handler"] for function in own_functions(default_deployment)}
    assert handlers == {
        contract.QUEUE_HANDLER,
        contract.ON_EVENT_HANDLER,
        contract.IS_COMPLETE_HANDLER,
    }
    command = [sys.executable, "-B", "-c", IMPORT_HANDLERS, str(code), *sorted(handlers)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=code)
    assert done.returncode == 0, done.stderr
    assert "'handlers'" in done.stdout
    for absent in ("cdk_sagemaker_mlops", "aws_cdk", "sagemaker", "mypy_boto3_sagemaker"):
        assert f"'{absent}'" not in done.stdout


def test_only_handlers_are_shipped_and_no_bytecode(default_deployment: Any) -> None:
    code = staged_code(default_deployment)
    assert [path.name for path in code.iterdir()] == ["handlers"]
    shipped = [path for path in code.rglob("*") if path.is_file()]
    source = Path(contract.__file__).parent
    assert {str(path.relative_to(code / "handlers")) for path in shipped} == {
        str(path.relative_to(source)) for path in source.rglob("*.py")
    }


def test_bytecode_does_not_change_the_hash_of_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, default_deployment: Any, synthesised: Any
) -> None:
    package = tmp_path / "installed" / "package"
    for path in Path(contract.__file__).parent.rglob("*.py"):
        copy = package / "handlers" / path.relative_to(Path(contract.__file__).parent)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        (copy.parent / "__pycache__").mkdir(exist_ok=True)
        (copy.parent / "__pycache__" / f"{path.stem}.cpython-312.pyc").write_bytes(b"bytecode")
    (package / "other.py").write_text("not a handler")
    monkeypatch.setattr(handler_function, "_PACKAGE", package)
    elsewhere = synthesised(
        tmp_path / "out",
        lambda stack: ModelDeployment(stack, "Deployment", model_package_group_name="churn-models"),
    )
    assert staged_code(elsewhere).name == staged_code(default_deployment).name
