from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from cdk_sagemaker_mlops.config.data_capture import DataCapture
from cdk_sagemaker_mlops.config.endpoint import Endpoint, RealTimeEndpoint, ServerlessEndpoint
from cdk_sagemaker_mlops.config.managed_instance_scaling import ManagedInstanceScaling
from cdk_sagemaker_mlops.config.network import Network
from cdk_sagemaker_mlops.config.rollback_alarms import RollbackAlarms
from cdk_sagemaker_mlops.errors import ValidationError

NUMBER_TOKEN = -1.8881545897087626e289
TEXT_TOKEN = "${Token[TOKEN.27]}"


def test_a_serverless_endpoint_by_default() -> None:
    assert ServerlessEndpoint().production_variant() == {
        "VariantName": "AllTraffic",
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
    }


def test_a_real_time_endpoint_by_default() -> None:
    assert RealTimeEndpoint().production_variant() == {
        "VariantName": "AllTraffic",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }


CAPTURE = DataCapture(
    sampling_percentage=20,
    kms_key_id="alias/own",
    capture_output=False,
    csv_content_types=["text/csv"],
    json_content_types=["application/json"],
)


@pytest.mark.parametrize(
    "endpoint",
    [
        ServerlessEndpoint(memory_size_in_mb=1024, max_concurrency=1),
        ServerlessEndpoint(memory_size_in_mb=6144, max_concurrency=200, provisioned_concurrency=200),
        RealTimeEndpoint(instance_type="ml.c7i.xlarge", initial_instance_count=12),
        RealTimeEndpoint(
            environment={"WORKERS": "2"},
            network=Network(subnets=["subnet-1"], security_group_ids=["sg-1"], enable_network_isolation=True),
            volume_size_in_gb=512,
            volume_kms_key_id="alias/volume",
            model_data_download_timeout_in_seconds=3600,
            container_startup_health_check_timeout_in_seconds=60,
            managed_instance_scaling=ManagedInstanceScaling(max_instance_count=4),
            data_capture=CAPTURE,
        ),
    ],
)
def test_sagemakers_own_model_accepts_config_and_model(endpoint: Endpoint) -> None:
    further = (
        {} if isinstance(endpoint, ServerlessEndpoint) else endpoint.endpoint_config("s3://bucket/place")
    )
    accepted(
        "CreateEndpointConfig",
        {
            "EndpointConfigName": "config",
            "ProductionVariants": [{**endpoint.production_variant(), "ModelName": "model"}],
            **further,
        },
    )
    model = endpoint.model()
    container = {"Image": "image", "Environment": model.pop("Environment", {})}
    accepted("CreateModel", {"ModelName": "model", "Containers": [container], **model})


def accepted(operation: str, request: dict[str, Any]) -> None:
    shape = get_session().get_service_model("sagemaker").operation_model(operation).input_shape
    assert shape is not None
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()


def test_captures_below_the_storage_unless_told_otherwise() -> None:
    endpoint = RealTimeEndpoint(data_capture=DataCapture())
    assert endpoint.needs_storage()
    assert endpoint.written_s3_uris("s3://bucket/churn") == ["s3://bucket/churn/data-capture"]
    assert endpoint.endpoint_config("s3://bucket/churn")["DataCaptureConfig"] == {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://bucket/churn/data-capture",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    }
    own = RealTimeEndpoint(data_capture=DataCapture(destination_s3_uri="s3://own/here"))
    assert not own.needs_storage()
    assert own.written_s3_uris("") == ["s3://own/here"]


@pytest.mark.parametrize(
    ("instance_type", "given"),
    [
        ("ml.m5.large", True),
        ("ml.dl1.24xlarge", True),
        (TEXT_TOKEN, True),
        ("ml.m5d.large", False),
        ("ml.c6gd.xlarge", False),
        ("ml.g4dn.xlarge", False),
        ("ml.g5.xlarge", False),
        ("ml.p4de.24xlarge", False),
    ],
)
def test_instances_that_encrypt_their_own_disks_are_given_no_key(instance_type: str, given: bool) -> None:
    endpoint = RealTimeEndpoint(instance_type=instance_type, volume_kms_key_id="alias/own")
    assert ("KmsKeyId" in endpoint.endpoint_config("")) is given


def test_tokens_are_not_checked() -> None:
    serverless: Any = ServerlessEndpoint(memory_size_in_mb=NUMBER_TOKEN, max_concurrency=NUMBER_TOKEN)  # type: ignore[arg-type]
    real_time: Any = RealTimeEndpoint(instance_type=TEXT_TOKEN, initial_instance_count=NUMBER_TOKEN)  # type: ignore[arg-type]
    assert serverless.production_variant()["ServerlessConfig"]["MaxConcurrency"] == NUMBER_TOKEN
    assert real_time.production_variant()["InstanceType"] == TEXT_TOKEN


def test_configs_are_values() -> None:
    assert ServerlessEndpoint() == ServerlessEndpoint(max_concurrency=5)
    with pytest.raises(FrozenInstanceError):
        ServerlessEndpoint().max_concurrency = 6  # type: ignore[misc]
    with pytest.raises(TypeError):
        ServerlessEndpoint(1024)  # type: ignore[misc]


MEMORY = (
    "InvalidMemorySize: endpoint.memory_size_in_mb must be one of 1024, 2048, 3072, 4096, 5120, 6144, got {}; "
    "choose the smallest size that holds the model and its framework"
)
CONCURRENCY = (
    "InvalidMaxConcurrency: endpoint.max_concurrency must be a whole number from 1 to 200, got {}; "
    "host on a RealTimeEndpoint if more requests must run at the same time"
)
COUNT = (
    "InvalidInstanceCount: endpoint.initial_instance_count must be a whole number of at least 1, got {}; "
    "use a ServerlessEndpoint to pay for requests only"
)
INSTANCE_TYPE = (
    "InvalidInstanceType: endpoint.instance_type must look like 'ml.<family>.<size>', got {}; "
    "use a SageMaker instance type such as 'ml.m5.large'"
)


@pytest.mark.parametrize(
    ("kind", "options", "text"),
    [
        (ServerlessEndpoint, {"memory_size_in_mb": 1000}, MEMORY.format("1000")),
        (ServerlessEndpoint, {"memory_size_in_mb": 8192}, MEMORY.format("8192")),
        (ServerlessEndpoint, {"memory_size_in_mb": "2048"}, MEMORY.format("'2048'")),
        (ServerlessEndpoint, {"max_concurrency": 0}, CONCURRENCY.format("0")),
        (ServerlessEndpoint, {"max_concurrency": 201}, CONCURRENCY.format("201")),
        (ServerlessEndpoint, {"max_concurrency": 2.5}, CONCURRENCY.format("2.5")),
        (ServerlessEndpoint, {"max_concurrency": True}, CONCURRENCY.format("True")),
        (ServerlessEndpoint, {"max_concurrency": None}, CONCURRENCY.format("None")),
        (
            ServerlessEndpoint,
            {"memory_size_in_mb": 512, "max_concurrency": -1},
            f"{MEMORY.format('512')}\n{CONCURRENCY.format('-1')}",
        ),
        (
            ServerlessEndpoint,
            {"max_concurrency": 4, "provisioned_concurrency": 5},
            "InvalidProvisionedConcurrency: endpoint.provisioned_concurrency must be a whole number from 1 to 4, "
            "got 5; keep no more workers warm than may run, which is max_concurrency",
        ),
        (
            RealTimeEndpoint,
            {"instance_type": "ml.g5.xlarge", "volume_size_in_gb": 30},
            "VolumeNotSupported: endpoint.volume_size_in_gb must be left out for ml.g5.xlarge, which has disks of "
            "its own and takes no volume, got 30; leave it out, or choose an instance type without local disks",
        ),
        (
            RealTimeEndpoint,
            {"network": Network(enable_inter_container_traffic_encryption=True)},
            "NotForEndpoints: endpoint.network.enable_inter_container_traffic_encryption must be False, because "
            "the containers of an endpoint do not talk to each other, got True; give the endpoint a Network "
            "without it",
        ),
        (
            RealTimeEndpoint,
            {"container_startup_health_check_timeout_in_seconds": 59},
            "InvalidStartTimeout: endpoint.container_startup_health_check_timeout_in_seconds must be a whole "
            "number from 60 to 3600 seconds, got 59; leave it out to use SageMaker's own",
        ),
        (
            DataCapture,
            {"capture_input": False, "capture_output": False, "sampling_percentage": 101},
            "InvalidSamplingPercentage: data_capture.sampling_percentage must be a whole number from 0 to 100 "
            "percent, got 101; capture less where there is much traffic\n"
            "NothingToCapture: data_capture must capture input, output or both, got DataCapture("
            "sampling_percentage=101, destination_s3_uri=None, kms_key_id=None, capture_input=False, "
            "capture_output=False, csv_content_types=(), json_content_types=()); leave data_capture out to "
            "capture nothing",
        ),
        (
            DataCapture,
            {"csv_content_types": ["text/csv; charset=utf-8"]},
            "InvalidContentType: data_capture.csv_content_types[0] must be a content type, "
            "got 'text/csv; charset=utf-8'; use one such as 'text/csv', without parameters",
        ),
        (
            RollbackAlarms,
            {"invocation_5xx_errors_percent": 0, "evaluation_periods": 11},
            "InvalidAlarmThreshold: alarms.invocation_5xx_errors_percent must be a number above 0 and at most 100, "
            "got 0; use None to leave this alarm out\n"
            "InvalidEvaluationPeriods: alarms.evaluation_periods must be a whole number from 1 to 10 minutes, "
            "got 11; an alarm must go off within the rollout's bake time",
        ),
        (RealTimeEndpoint, {"instance_type": "m5.large"}, INSTANCE_TYPE.format("'m5.large'")),
        (RealTimeEndpoint, {"instance_type": ""}, INSTANCE_TYPE.format("''")),
        (RealTimeEndpoint, {"initial_instance_count": 0}, COUNT.format("0")),
        (RealTimeEndpoint, {"initial_instance_count": "2"}, COUNT.format("'2'")),
    ],
)
def test_fails_when_a_value_is_outside_its_range(kind: Any, options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError) as raised:
        kind(**options)
    assert str(raised.value) == text
