"""What is delivered to the artifact bucket, under which keys, and by what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from cdk_sagemaker_mlops.constructs.code_delivery import CodeDelivery
from cdk_sagemaker_mlops.constructs.definition_location import MarkedDocument
from cdk_sagemaker_mlops.constructs.input_data import InputData, locate

DEPLOYMENT = "Custom::CDKBucketDeployment"
CODE = {"code/1f/train.py": b"print()", "code/2e/sourcedir.tar.gz": b"\x1f\x8b\x00"}


class Delivered:
    """A stack with deliveries, and the files that its assembly holds for them."""

    def __init__(self, outdir: Path, *deliveries: dict[str, Any]) -> None:
        app = App(outdir=str(outdir))
        stack = Stack(app, "Churn")
        bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "artifacts")
        for number, options in enumerate(deliveries):
            CodeDelivery(
                stack,
                f"Delivery{number}",
                bucket=bucket,
                **{"code": {}, "input_data": InputData(), **options},
            )
        self.resources: dict[str, Any] = Template.from_stack(stack).to_json().get("Resources", {})
        self.files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for folder in sorted(outdir.glob("asset.*"))
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not (folder / "index.py").exists()
        }

    def of_type(self, type_name: str) -> list[dict[str, Any]]:
        return [resource for resource in self.resources.values() if resource["Type"] == type_name]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "2026").mkdir()
    (folder / "2026" / "rows.csv").write_text("a\n1\n")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "read.pyc").write_bytes(b"1")
    (folder / "rows.csv").symlink_to(folder / "2026" / "rows.csv")
    return folder


@pytest.fixture(scope="module")
def everything(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    document = MarkedDocument(
        key="definitions/3d.json", text='{"Role": "<<token-0>>"}', markers={"<<token-0>>": "x"}
    )
    return Delivered(
        tmp_path_factory.mktemp("out"),
        {"code": CODE, "input_data": locate(data), "document": document},
        {"code": CODE},
    )


def test_nothing_to_deliver_defines_nothing(tmp_path: Path) -> None:
    assert Delivered(tmp_path, {}).resources == {}


def test_every_object_lies_under_its_own_key(everything: Delivered, data: Path) -> None:
    ((_, prefix),) = locate(data).to_deploy

    assert everything.files == {
        **CODE,
        "definitions/3d.json": b'{"Role": "<<token-0>>"}',
        f"{prefix}/2026/rows.csv": b"a\n1\n",
        f"{prefix}/rows.csv": b"a\n1\n",
    }


def test_nothing_is_pruned_or_deleted_and_values_are_put_into_documents_only(everything: Delivered) -> None:
    first, second = (resource["Properties"] for resource in everything.of_type(DEPLOYMENT))

    for properties in (first, second):
        assert properties["DestinationBucketName"] == "artifacts"
        assert (properties["Prune"], properties["RetainOnDelete"]) == (False, True)
    assert first["SourceMarkers"] == [{}, {}, {"<<token-0>>": "x"}]
    assert "SourceMarkers" not in second


def test_deliveries_share_one_function_and_its_log(everything: Delivered) -> None:
    (function,) = everything.of_type("AWS::Lambda::Function")
    (log,) = everything.of_type("AWS::Logs::LogGroup")

    assert log["Properties"]["RetentionInDays"] == 30
    assert log["DeletionPolicy"] == "Delete"
    accepted = function["Metadata"]["cdk_nag"]["rules_to_suppress"]
    assert [entry["id"] for entry in accepted] == ["AwsSolutions-L1"]


def test_the_same_content_is_the_same_asset_in_any_folder(data: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    (moved / "2026").mkdir(parents=True)
    for name in ("2026/rows.csv", "rows.csv"):
        (moved / name).write_text("a\n1\n")
    first, second = (
        Delivered(tmp_path / name, {"code": CODE, "input_data": locate(folder)})
        for name, folder in (("first", data), ("second", moved))
    )

    assert first.of_type(DEPLOYMENT) == second.of_type(DEPLOYMENT)


def test_one_file_is_delivered_alone(data: Path, tmp_path: Path) -> None:
    located = locate(data / "2026" / "rows.csv")
    ((_, prefix),) = located.to_deploy

    assert Delivered(tmp_path, {"input_data": located}).files == {f"{prefix}/rows.csv": b"a\n1\n"}
