"""The pipeline that a command means."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cdk_sagemaker_mlops.deployed.finding import find_pipeline
from cdk_sagemaker_mlops.errors import OperationError, ValidationError


@pytest.fixture
def cloudformation() -> Any:
    return boto3.client(
        "cloudformation", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


def stack(name: str, *paths: str) -> dict[str, Any]:
    outputs = [
        {
            "OutputKey": f"Key{number}{attribute}",
            "OutputValue": f"{path}-{attribute}",
            "Description": f"{attribute} of {path} (cdk-sagemaker-mlops)",
        }
        for number, path in enumerate(paths)
        for attribute in ("PipelineName", "ModelPackageGroupName", "DeadLetterQueueUrl")
    ]
    return {
        "StackName": name,
        "StackId": f"arn:aws:cloudformation:us-east-1:123456789012:stack/{name}/1",
        "CreationTime": 0,
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": outputs,
    }


def describes(stubber: Stubber, *stacks: dict[str, Any], name: str | None = None) -> None:
    stubber.add_response(
        "describe_stacks", {"Stacks": list(stacks)}, {} if name is None else {"StackName": name}
    )


def test_the_only_one_in_the_account_is_meant(cloudformation: Any) -> None:
    with Stubber(cloudformation) as stubber:
        describes(stubber, stack("Other"), stack("Churn", "Churn/Mlops"))
        found = find_pipeline(cloudformation)
    assert (found.path, found.stack, found.account) == ("Churn/Mlops", "Churn", "123456789012")
    assert found.dead_letter_queue_url == "Churn/Mlops-DeadLetterQueueUrl"


def test_the_app_s_stacks_come_before_the_account_s(cloudformation: Any) -> None:
    with Stubber(cloudformation) as stubber:
        stubber.add_client_error("describe_stacks", "ValidationError", "Stack with id Network does not exist")
        describes(stubber, stack("Churn", "Churn/Mlops"), name="Churn")
        assert find_pipeline(cloudformation, app_stacks=["Network", "Churn"]).path == "Churn/Mlops"


def test_a_stack_or_a_path_names_one(cloudformation: Any) -> None:
    with Stubber(cloudformation) as stubber:
        describes(stubber, stack("Churn", "Churn/Mlops"), name="Churn")
        assert find_pipeline(cloudformation, wanted="Churn").path == "Churn/Mlops"
        describes(stubber, stack("Churn", "Churn/A", "Churn/B"))
        assert find_pipeline(cloudformation, wanted="Churn/B").path == "Churn/B"


def test_fails_on_several_and_names_them(cloudformation: Any) -> None:
    with Stubber(cloudformation) as stubber:
        describes(stubber, stack("Churn", "Churn/A", "Churn/B"))
        with pytest.raises(OperationError) as caught:
            find_pipeline(cloudformation)
    assert str(caught.value) == (
        "SeveralPipelines: the account's stacks must hold exactly one MlopsPipeline, got ['Churn/A', 'Churn/B'];"
        " choose one, such as --stack Churn/A"
    )


def test_fails_on_a_wrong_name_as_wrong_usage(cloudformation: Any) -> None:
    with Stubber(cloudformation) as stubber:
        stubber.add_client_error("describe_stacks", "ValidationError", "Stack with id Nope does not exist")
        with pytest.raises(ValidationError, match="--stack Nope must hold"):
            find_pipeline(cloudformation, wanted="Nope")


def test_another_refusal_is_not_taken_for_no_stack(cloudformation: Any) -> None:
    with Stubber(cloudformation) as stubber:
        stubber.add_client_error("describe_stacks", "AccessDenied", "no")
        with pytest.raises(cloudformation.exceptions.ClientError):
            find_pipeline(cloudformation, wanted="Churn")
