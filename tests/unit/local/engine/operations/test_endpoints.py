from __future__ import annotations

from typing import Any

ARN = "arn:aws:sagemaker:eu-west-1:000000000000:endpoint/churn"


def _in_service(bench: Any, config: str = "one") -> None:
    bench.call("CreateEndpoint", EndpointName="Churn", EndpointConfigName=bench.endpoint_config(config))
    bench.run_background()


def test_a_new_endpoint_is_in_service_once_its_model_has_loaded(bench: Any) -> None:
    config = bench.endpoint_config("one")

    assert bench.call("CreateEndpoint", EndpointName="Churn", EndpointConfigName=config) == {
        "EndpointArn": ARN
    }

    assert bench.call("DescribeEndpoint", EndpointName="Churn")["EndpointStatus"] == "Creating"
    bench.run_background()
    described = bench.call("DescribeEndpoint", EndpointName="Churn")
    assert described["EndpointStatus"] == "InService"
    assert described["ProductionVariants"] == [
        {
            "VariantName": "AllTraffic",
            "CurrentWeight": 1.0,
            "DesiredWeight": 1.0,
            "CurrentServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1},
            "DesiredServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1},
        }
    ]
    assert bench.statuses("EndpointStatus") == ["CREATING", "IN_SERVICE"]


def test_fails_with_the_reason_when_the_model_does_not_load(bench: Any) -> None:
    config = bench.endpoint_config("one", "s3://bucket/bad.tar.gz")
    bench.call("CreateEndpoint", EndpointName="Churn", EndpointConfigName=config)
    bench.run_background()

    described = bench.call("DescribeEndpoint", EndpointName="Churn")

    assert described["EndpointStatus"] == "Failed"
    assert described["FailureReason"] == (
        "The primary container for production variant AllTraffic did not pass the ping health check: "
        "no module named model"
    )
    assert bench.servers[0].stopped
    assert bench.refusal("UpdateEndpoint", EndpointName="Churn", EndpointConfigName=config) == (
        f'ValidationException: Cannot update endpoint "{ARN}" with status Failed.'
    )


def test_fails_with_the_reason_when_the_artifact_is_missing(bench: Any) -> None:
    config = bench.endpoint_config("one", "s3://bucket/none.tar.gz")
    bench.call("CreateEndpoint", EndpointName="Churn", EndpointConfigName=config)
    bench.run_background()

    reason = bench.call("DescribeEndpoint", EndpointName="Churn")["FailureReason"]

    assert reason.startswith("Failed to download model data from s3://bucket/none.tar.gz: ")


def test_an_update_serves_the_old_model_until_the_new_one_has_loaded(bench: Any) -> None:
    _in_service(bench)
    bench.call("UpdateEndpoint", EndpointName="Churn", EndpointConfigName=bench.endpoint_config("two"))

    described = bench.call("DescribeEndpoint", EndpointName="Churn")
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("Updating", "one")
    assert described["PendingDeploymentSummary"]["EndpointConfigName"] == "two"
    assert bench.plane.services.fleets.serving(ARN) is not None

    bench.run_background()
    described = bench.call("DescribeEndpoint", EndpointName="Churn")
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "two")
    assert "PendingDeploymentSummary" not in described
    assert [server.stopped for server in bench.servers] == [True, False]


def test_an_update_whose_model_does_not_load_rolls_back(bench: Any) -> None:
    _in_service(bench)
    config = bench.endpoint_config("two", "s3://bucket/bad.tar.gz")
    bench.events.clear()

    bench.call("UpdateEndpoint", EndpointName="Churn", EndpointConfigName=config)
    bench.run_background()

    described = bench.call("DescribeEndpoint", EndpointName="Churn")
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "one")
    assert "no module named model" in described["FailureReason"]
    assert bench.statuses("EndpointStatus") == ["UPDATING", "ROLLING_BACK", "IN_SERVICE"]
    assert [server.stopped for server in bench.servers] == [False, True]


def test_fails_to_change_an_endpoint_that_is_changing(bench: Any) -> None:
    config = bench.endpoint_config("one")
    bench.call("CreateEndpoint", EndpointName="Churn", EndpointConfigName=config)
    busy = f'ValidationException: Cannot update in-progress endpoint "{ARN}".'

    assert bench.refusal("UpdateEndpoint", EndpointName="Churn", EndpointConfigName=config) == busy
    assert bench.refusal("DeleteEndpoint", EndpointName="Churn") == busy


def test_a_deleted_endpoint_is_gone_with_its_servers(bench: Any) -> None:
    _in_service(bench)

    bench.call("DeleteEndpoint", EndpointName="Churn")

    assert bench.call("DescribeEndpoint", EndpointName="Churn")["EndpointStatus"] == "Deleting"
    bench.run_background()
    assert bench.refusal("DescribeEndpoint", EndpointName="Churn") == (
        f'ValidationException: Could not find endpoint "{ARN}".'
    )
    assert bench.servers[0].stopped


def test_a_failed_endpoint_can_be_deleted(bench: Any) -> None:
    config = bench.endpoint_config("one", "s3://bucket/bad.tar.gz")
    bench.call("CreateEndpoint", EndpointName="Churn", EndpointConfigName=config)
    bench.run_background()

    bench.call("DeleteEndpoint", EndpointName="Churn")
    bench.run_background()

    assert bench.call("ListEndpoints") == {"Endpoints": []}


def test_fails_to_create_an_endpoint_that_exists(bench: Any) -> None:
    _in_service(bench)

    assert bench.refusal("CreateEndpoint", EndpointName="Churn", EndpointConfigName="one") == (
        f'ValidationException: Cannot create already existing endpoint "{ARN}".'
    )


def test_fails_to_create_an_endpoint_without_its_config(bench: Any) -> None:
    assert bench.refusal("CreateEndpoint", EndpointName="Churn", EndpointConfigName="none") == (
        'ValidationException: Could not find endpoint configuration "'
        'arn:aws:sagemaker:eu-west-1:000000000000:endpoint-config/none".'
    )


def test_the_model_package_s_environment_is_below_the_model_s_own(bench: Any) -> None:
    bench.call("CreateModelPackageGroup", ModelPackageGroupName="churn")
    arn = bench.package(ModelApprovalStatus="Approved")
    container = {"ModelPackageName": arn, "Environment": {"A": "model"}}
    bench.call("CreateModel", ModelName="m", PrimaryContainer=container)
    variant = {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
    bench.call("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[variant])

    bench.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")
    bench.run_background()

    assert bench.servers[0].environment == {"A": "model", "B": "b"}
    summary = bench.call("DescribeEndpoint", EndpointName="e")["ProductionVariants"][0]
    assert (summary["CurrentInstanceCount"], summary["DesiredInstanceCount"]) == (2, 2)


def test_fails_to_serve_a_model_package_that_was_deleted(bench: Any) -> None:
    bench.call("CreateModelPackageGroup", ModelPackageGroupName="churn")
    arn = bench.package(ModelApprovalStatus="Approved")
    bench.call("CreateModel", ModelName="m", PrimaryContainer={"ModelPackageName": arn})
    variant = {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    bench.call("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[variant])
    bench.call("DeleteModelPackage", ModelPackageName=arn)

    bench.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")
    bench.run_background()

    described = bench.call("DescribeEndpoint", EndpointName="e")
    assert (described["EndpointStatus"], described["FailureReason"]) == (
        "Failed",
        f"ModelPackage {arn} does not exist.",
    )


def test_data_capture_is_not_said_to_be_running(bench: Any) -> None:
    name = bench.instance_config("one")
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 10,
        "DestinationS3Uri": "s3://bucket/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    variants = bench.call("DescribeEndpointConfig", EndpointConfigName=name)["ProductionVariants"]
    bench.call(
        "CreateEndpointConfig",
        EndpointConfigName="two",
        ProductionVariants=variants,
        DataCaptureConfig=capture,
    )

    bench.call("CreateEndpoint", EndpointName="e", EndpointConfigName="two")

    summary = bench.call("DescribeEndpoint", EndpointName="e")["DataCaptureConfig"]
    assert summary["CaptureStatus"] == "Stopped"
    assert summary["DestinationS3Uri"] == "s3://bucket/captured"
