"""What a model is compared with: read from the registry, and never a reason for the evaluation to fail."""

import io
import json
import sys

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/churn"


@pytest.fixture
def registry(monkeypatch):
    """Lets boto3 give stubbed clients; returns their stubs."""
    real = boto3.Session(region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    stubs = {name: Stubber(real.client(name)) for name in ("sagemaker", "s3")}
    asked = {}

    class Session:
        def __init__(self, *, region_name):
            asked["region"] = region_name

        def client(self, name, *, config):
            asked["config"] = config
            return stubs[name].client

    monkeypatch.setattr(boto3, "Session", Session)
    for stub in stubs.values():
        stub.activate()
    stubs["asked"] = asked
    return stubs


def listed(stub, *pages):
    for number, versions in enumerate(pages):
        last = number == len(pages) - 1
        expected = {
            "ModelPackageGroupName": "churn", "ModelApprovalStatus": "Approved",
            "SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 20,
        } | ({"NextToken": f"page{number}"} if number else {})  # fmt: skip
        summaries = [
            {
                "ModelPackageArn": f"{ARN}/{version}",
                "ModelPackageVersion": version,
                "CreationTime": 1,
                "ModelPackageStatus": "Completed",
            }
            for version in versions
        ]
        answer = {"ModelPackageSummaryList": summaries}
        stub.add_response(
            "list_model_packages", answer | ({} if last else {"NextToken": f"page{number + 1}"}), expected
        )


def described(stub, version, uri):
    metrics = (
        {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": uri}}} if uri else {}
    )
    answer = {
        "ModelPackageArn": f"{ARN}/{version}", "ModelPackageName": "churn", "ModelPackageVersion": version,
        "CreationTime": 1, "ModelPackageStatus": "Completed", "ModelMetrics": metrics,
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
    }  # fmt: skip
    stub.add_response("describe_model_package", answer, {"ModelPackageName": f"{ARN}/{version}"})


def stored(stub, text):
    body = StreamingBody(io.BytesIO(text.encode()), len(text))
    stub.add_response("get_object", {"Body": body}, {"Bucket": "models", "Key": "a/evaluation.json"})


def test_reads_the_newest_approved_version(scripts, registry, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    document = {"regression_metrics": {"rmse": {"value": 1.5}}}
    listed(registry["sagemaker"], [], [7, 12])
    described(registry["sagemaker"], 12, "s3://models/a/evaluation.json")
    stored(registry["s3"], json.dumps(document))
    found = scripts.previous_version.previous_version("churn")
    assert (found.version, found.document) == (12, document)
    assert found.note.startswith("Compared with version 12 of churn, the newest approved one")
    assert registry["asked"]["region"] == "eu-west-1"


def test_does_not_wait_long_for_a_registry_that_cannot_be_reached(scripts, registry):
    listed(registry["sagemaker"], [])
    scripts.previous_version.previous_version("churn")
    config = registry["asked"]["config"]
    assert (config.connect_timeout, config.read_timeout) == (3, 10)
    assert config.retries["total_max_attempts"] == 2


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("no json", "could not be read (JSONDecodeError"),
        ("[]", "the metrics of version 2 of churn are no JSON object"),
    ],
)
def test_metrics_that_are_no_document_are_no_comparison(scripts, registry, text, note):
    listed(registry["sagemaker"], [2])
    described(registry["sagemaker"], 2, "s3://models/a/evaluation.json")
    stored(registry["s3"], text)
    found = scripts.previous_version.previous_version("churn")
    assert (found.version, found.document) == (None, None)
    assert note in found.note


def test_says_why_there_is_nothing_to_compare_with(scripts, registry):
    listed(registry["sagemaker"], [])
    note = "Not compared: no version of churn is approved yet."
    assert scripts.previous_version.previous_version("churn").note == note
    listed(registry["sagemaker"], [4])
    described(registry["sagemaker"], 4, None)
    note = "Not compared: version 4 of churn was registered without metrics."
    assert scripts.previous_version.previous_version("churn").note == note
    registry["sagemaker"].add_client_error("list_model_packages", "AccessDeniedException", "not\nallowed")
    note = scripts.previous_version.previous_version("churn").note
    assert note.startswith("Not compared: the model registry could not be read (ClientError: An error")
    assert "\n" not in note


@pytest.mark.parametrize("group", [None, ""])
def test_without_a_group_it_does_not_ask(scripts, group):
    note = "Not compared: no model package group was given to the evaluation."
    assert scripts.previous_version.previous_version(group).note == note


def test_an_image_without_boto3_has_no_comparison(scripts, monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    note = "Not compared: this container has no boto3 to read the model registry with."
    assert scripts.previous_version.previous_version("churn").note == note


def test_a_job_without_credentials_has_no_comparison(scripts, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert "NoCredentialsError" in scripts.previous_version.previous_version("churn").note


def test_takes_the_region_from_the_job_itself_when_no_variable_names_it(scripts, monkeypatch, tmp_path):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "processingjobconfig.json"
    monkeypatch.setattr(scripts.previous_version, "_JOB_CONFIG", config)
    assert scripts.previous_version._region() is None
    config.write_text('{"ProcessingJobArn": "arn:aws:sagemaker:eu-west-3:123456789012:processing-job/x"}')
    assert scripts.previous_version._region() == "eu-west-3"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-2")
    assert scripts.previous_version._region() == "us-east-2"
