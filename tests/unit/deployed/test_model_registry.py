"""The model package that an execution registered."""

from __future__ import annotations

import io
import json
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from cdk_sagemaker_mlops.deployed.model_registry import approve, describe_model, read_metrics, registered_arn
from cdk_sagemaker_mlops.deployed.pipeline_execution import ExecutionState, StepState
from cdk_sagemaker_mlops.errors import OperationError

EXECUTION = "arn:aws:sagemaker:us-east-1:000000000000:pipeline/churn/execution/abcdef123456"
PACKAGE = "arn:aws:sagemaker:us-east-1:000000000000:model-package/churn/3"
QUALITY = {
    "binary_classification_metrics": {
        "accuracy": {"value": 0.95, "standard_deviation": 0.01},
        "auc": {"value": 1, "standard_deviation": "NaN"},
        "confusion_matrix": {"0": {"0": 41, "1": 1}},
        "receiver_operating_characteristic_curve": {"false_positive_rates": [0, 1]},
        "odd": {"value": True},
    }
}


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


def execution(*steps: StepState) -> ExecutionState:
    return ExecutionState(arn=EXECUTION, status="Succeeded", steps=steps)


def test_plain_metrics_are_picked_and_matrices_and_curves_left_out() -> None:
    assert read_metrics(QUALITY) == {
        "accuracy": {"value": 0.95, "standard_deviation": 0.01},
        "auc": {"value": 1},
    }


@pytest.mark.parametrize("document", [None, [], {"metrics": 3}, {"metrics": {"rmse": 3}}, {}])
def test_a_document_of_another_shape_has_no_metrics(document: object) -> None:
    assert read_metrics(document) == {}


def test_the_last_registered_package_is_found() -> None:
    first = StepState(name="A", status="Succeeded", metadata={"RegisterModel": {"Arn": f"{PACKAGE}0"}})
    second = StepState(name="B", status="Succeeded", metadata={"RegisterModel": {"Arn": PACKAGE}})
    assert registered_arn(execution(first, second)) == PACKAGE


def test_fails_when_no_model_package_was_registered() -> None:
    with pytest.raises(OperationError) as caught:
        registered_arn(execution(StepState(name="Train", status="Succeeded", metadata={})))
    assert str(caught.value) == (
        "NoModelPackage: pipeline must register a model package, got ['Train'];"
        f" let a RegisterModel step run when the model is good enough (at {EXECUTION})"
    )


def package(**more: Any) -> dict[str, Any]:
    return {
        "ModelPackageName": "churn",
        "ModelPackageArn": PACKAGE,
        "ModelPackageVersion": 3,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
        "CreationTime": 0,
        "ModelApprovalStatus": "PendingManualApproval",
        **more,
    }


def test_a_package_is_read_with_its_metrics_from_s3() -> None:
    sagemaker, s3 = client("sagemaker"), client("s3")
    body = json.dumps(QUALITY).encode()
    statistics = {"ContentType": "application/json", "S3Uri": "s3://bucket/a/model quality.json"}
    with Stubber(sagemaker) as registry, Stubber(s3) as storage:
        registry.add_response(
            "describe_model_package",
            package(ModelMetrics={"ModelQuality": {"Statistics": statistics}}),
            {"ModelPackageName": PACKAGE},
        )
        storage.add_response(
            "get_object",
            {"Body": StreamingBody(io.BytesIO(body), len(body))},
            {"Bucket": "bucket", "Key": "a/model quality.json"},
        )
        model = describe_model(sagemaker, s3, PACKAGE)
    assert (model.version, model.approval_status) == (3, "PendingManualApproval")
    assert model.metrics["accuracy"]["value"] == 0.95


def test_a_package_without_metrics_is_read_without_asking_s3() -> None:
    sagemaker, s3 = client("sagemaker"), client("s3")
    with Stubber(sagemaker) as registry, Stubber(s3):
        registry.add_response("describe_model_package", package(), {"ModelPackageName": PACKAGE})
        assert describe_model(sagemaker, s3, PACKAGE).metrics == {}


def test_approval_is_one_decision_on_the_package() -> None:
    sagemaker = client("sagemaker")
    with Stubber(sagemaker) as registry:
        registry.add_response(
            "update_model_package",
            {"ModelPackageArn": PACKAGE},
            {
                "ModelPackageArn": PACKAGE,
                "ModelApprovalStatus": "Approved",
                "ApprovalDescription": "Approved by cdk-mlops local run",
            },
        )
        approve(sagemaker, PACKAGE)
        registry.assert_no_pending_responses()
