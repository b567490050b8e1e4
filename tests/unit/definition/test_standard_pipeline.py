"""What each option of StandardPipeline does to the definition."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.config.batch_transform import BatchTransform
from cdk_sagemaker_mlops.config.clarify_checks import BiasCheck, ExplainabilityCheck
from cdk_sagemaker_mlops.config.encryption import Encryption
from cdk_sagemaker_mlops.config.inference import Inference
from cdk_sagemaker_mlops.config.network import Network
from cdk_sagemaker_mlops.config.processing import Evaluation, Preprocessing
from cdk_sagemaker_mlops.config.retries import Retries
from cdk_sagemaker_mlops.config.standard_pipeline import StandardPipeline
from cdk_sagemaker_mlops.config.training import Training
from cdk_sagemaker_mlops.config.tuning import Tuning
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition
from cdk_sagemaker_mlops.errors import DefinitionError

CODE = Path(__file__).parent / "pipelines" / "code"
TOKEN = "${Token[Resource.Attribute.7]}"
TUNING = Tuning(
    metric_name="accuracy",
    metric_regex="accuracy=([0-9.]+)",
    hyperparameter_ranges={"depth": (1, 9), "c": (1, 9.5), "solver": ["lbfgs", "saga"]},
    scaling_types={"c": "Logarithmic"},
    random_seed=0,
)
BIAS = BiasCheck(label="y", label_values_or_threshold=[1], facet_name="age", facet_values_or_threshold=[40])
JOBS = ("Processing", "Training", "Tuning", "Transform", "ClarifyCheck")

Steps = dict[str, dict[str, Any]]


def walk(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in steps:
        yield step
        for branch in ("IfSteps", "ElseSteps"):
            yield from walk(step["Arguments"].get(branch, []))


@pytest.fixture(scope="session")
def define(build: Callable[..., PipelineDefinition]) -> Callable[..., PipelineDefinition]:
    return lambda **options: build(StandardPipeline(source_dir=CODE, **options))


@pytest.fixture(scope="session")
def steps_of(define: Callable[..., PipelineDefinition]) -> Callable[..., Steps]:
    def steps(**options: Any) -> Steps:
        return {step["Name"]: step for step in walk(json.loads(define(**options).document)["Steps"])}

    return steps


@pytest.fixture(scope="session")
def everything(steps_of: Callable[..., Steps]) -> Steps:
    return steps_of(
        tuning=TUNING,
        training=Training(keep_alive_period_in_seconds=600),
        encryption=Encryption(volume_kms_key_id="alias/volume", output_kms_key_id="alias/output"),
        network=Network(
            subnets=["subnet-1"],
            security_group_ids=["sg-1"],
            enable_inter_container_traffic_encryption=True,
        ),
        retries=Retries(max_attempts=3),
        tags={"team": "churn"},
        batch_transform=BatchTransform(input_data_uri="s3://churn/batch"),
        bias_check=BIAS,
        explainability_check=ExplainabilityCheck(label="y"),
    )


def test_spare_capacity_has_checkpoints_and_waits(steps_of: Callable[..., Steps]) -> None:
    train = steps_of(training=Training(enable_managed_spot_training=True))["Train"]["Arguments"]

    assert train["EnableManagedSpotTraining"] is True
    assert train["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}
    assert train["CheckpointConfig"]["LocalPath"] == "/opt/ml/checkpoints"
    location = train["CheckpointConfig"]["S3Uri"]["Std:Join"]["Values"]
    assert location[1] == {"Get": "Execution.PipelineExecutionId"}


def test_tuning_takes_the_place_of_training_and_its_best_model_goes_on(everything: Steps) -> None:
    assert "Train" not in everything
    register = everything["RegisterModel"]["Arguments"]
    best = register["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    evaluated = everything["Evaluate"]["Arguments"]["ProcessingInputs"][0]["S3Input"]["S3Uri"]

    assert evaluated == best
    assert best["Std:Join"]["Values"][2:] == [
        "churn/models",
        {"Get": "Steps.Tune.TrainingJobSummaries[0].TrainingJobName"},
        "output/model.tar.gz",
    ]
    output = everything["Tune"]["Arguments"]["TrainingJobDefinition"]["OutputDataConfig"]["S3OutputPath"]
    assert output.endswith("/churn/models")


def test_a_tuning_job_gets_what_the_sdk_leaves_out(everything: Steps) -> None:
    arguments = everything["Tune"]["Arguments"]
    job = arguments["TrainingJobDefinition"]

    assert job["ResourceConfig"]["VolumeKmsKeyId"] == "alias/volume"
    assert job["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 600
    assert job["EnableInterContainerTrafficEncryption"] is True
    assert job["VpcConfig"] == {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    assert arguments["HyperParameterTuningJobConfig"]["RandomSeed"] == 0


def test_ints_floats_and_lists_become_the_three_kinds_of_range(everything: Steps) -> None:
    ranges = everything["Tune"]["Arguments"]["HyperParameterTuningJobConfig"]["ParameterRanges"]

    assert ranges == {
        "IntegerParameterRanges": [
            {"Name": "depth", "MinValue": "1", "MaxValue": "9", "ScalingType": "Auto"}
        ],
        "ContinuousParameterRanges": [
            {"Name": "c", "MinValue": "1", "MaxValue": "9.5", "ScalingType": "Logarithmic"}
        ],
        "CategoricalParameterRanges": [{"Name": "solver", "Values": ["lbfgs", "saga"]}],
    }


def test_tensorflow_keeps_its_models_where_sagemaker_looks_while_tuning(
    steps_of: Callable[..., Steps],
) -> None:
    steps = steps_of(framework="tensorflow", framework_version="2.19.0", tuning=TUNING)

    fixed = steps["Tune"]["Arguments"]["TrainingJobDefinition"]["StaticHyperParameters"]
    assert fixed["model_dir"] == "/opt/ml/model"


def test_tags_retries_keys_and_network_reach_every_job(everything: Steps) -> None:
    jobs = {name: step for name, step in everything.items() if step["Type"] in JOBS}
    assert set(jobs) == {
        "Preprocess",
        "CheckBias",
        "Tune",
        "Evaluate",
        "CheckExplainability",
        "Transform",
    }

    for name, step in jobs.items():
        text = json.dumps(step["Arguments"])
        assert step["Arguments"]["Tags"] == [{"Key": "team", "Value": "churn"}], name
        assert "alias/volume" in text, name
        assert "alias/output" in text, name
        assert step["Type"] == "Transform" or "subnet-1" in text, name
        # The service has no retry policies for Clarify's checks.
        assert step["Type"] == "ClarifyCheck" or "SageMaker.CAPACITY_ERROR" in json.dumps(
            step["RetryPolicies"]
        ), name
    assert everything["CreateModel"]["Arguments"]["VpcConfig"]["Subnets"] == ["subnet-1"]
    assert [policy["ExceptionType"] for policy in everything["RegisterModel"]["RetryPolicies"]] == [
        ["Step.SERVICE_FAULT", "Step.THROTTLING"]
    ]


def test_clarify_checks_come_before_what_they_judge_and_are_registered(everything: Steps) -> None:
    arguments = everything["RegisterModel"]["Arguments"]

    assert everything["Tune"]["DependsOn"] == ["CheckBias"]
    assert everything["CheckExplainability"]["ModelName"] == {"Get": "Steps.CreateModel.ModelName"}
    assert arguments["ModelMetrics"]["Bias"]["PreTrainingReport"]["S3Uri"] == {
        "Get": "Steps.CheckBias.CalculatedBaselineConstraints"
    }
    assert arguments["DriftCheckBaselines"]["Explainability"]["Constraints"]["S3Uri"] == {
        "Get": "Steps.CheckExplainability.BaselineUsedForDriftCheckConstraints"
    }


def test_reports_are_written_beside_the_code_never_into_it(everything: Steps) -> None:
    for name, place in (("CheckBias", "bias"), ("CheckExplainability", "explainability")):
        (output,) = everything[name]["Arguments"]["ProcessingOutputConfig"]["Outputs"]
        assert output["S3Output"]["S3Uri"]["Std:Join"]["Values"][0].endswith(f"/churn/{place}")


def test_a_batch_is_predicted_after_the_model_is_registered(everything: Steps) -> None:
    transform = everything["Transform"]

    assert transform["DependsOn"] == ["RegisterModel"]
    assert transform["Arguments"]["ModelName"] == {"Get": "Steps.CreateModel.ModelName"}
    source = transform["Arguments"]["TransformInput"]["DataSource"]["S3DataSource"]
    assert source["S3Uri"] == {"Get": "Parameters.TransformInputUri"}


def test_the_report_is_registered_with_the_model(define: Callable[..., PipelineDefinition]) -> None:
    (register,) = _steps_of_type(define(), "RegisterModel")
    (without,) = _steps_of_type(define(evaluation=Evaluation(report_file=None)), "RegisterModel")
    written = "Steps.Evaluate.ProcessingOutputConfig.Outputs['evaluation'].S3Output.S3Uri"

    assert register["Arguments"]["CustomerMetadataProperties"] == {
        "EvaluationReport": {"Std:Join": {"On": "/", "Values": [{"Get": written}, "report.html"]}}
    }
    assert "CustomerMetadataProperties" not in without["Arguments"]


def test_evaluation_may_compare_with_the_registry_unless_it_is_isolated(
    define: Callable[..., PipelineDefinition],
) -> None:
    preprocess, evaluate = _steps_of_type(define(), "Processing")
    isolated = define(network=Network(enable_network_isolation=True))

    assert "Environment" not in preprocess["Arguments"]
    assert list(evaluate["Arguments"]["Environment"]) == ["MODEL_PACKAGE_GROUP_NAME"]
    assert all("Environment" not in step["Arguments"] for step in _steps_of_type(isolated, "Processing"))


def _steps_of_type(definition: PipelineDefinition, kind: str) -> list[dict[str, Any]]:
    return [step for step in walk(json.loads(definition.document)["Steps"]) if step["Type"] == kind]


def test_isolated_training_gets_its_code_as_a_channel(define: Callable[..., PipelineDefinition]) -> None:
    definition = define(network=Network(enable_network_isolation=True))
    steps = {step["Name"]: step for step in json.loads(definition.document)["Steps"]}
    arguments = steps["Train"]["Arguments"]
    (code,) = (item for item in arguments["InputDataConfig"] if item["ChannelName"] == "code")
    uri = code["DataSource"]["S3DataSource"]["S3Uri"]

    assert arguments["EnableNetworkIsolation"] is True
    assert arguments["HyperParameters"]["sagemaker_submit_directory"] == (
        "/opt/ml/input/data/code/sourcedir.tar.gz"
    )
    assert uri.split("/", 3)[3] in definition.code


def test_isolated_code_is_what_the_training_toolkit_unpacks(
    define: Callable[..., PipelineDefinition], tmp_path: Path
) -> None:
    from sagemaker_training import files

    definition = define(network=Network(enable_network_isolation=True))
    (train,) = (step for step in json.loads(definition.document)["Steps"] if step["Name"] == "Train")
    (code,) = (item for item in train["Arguments"]["InputDataConfig"] if item["ChannelName"] == "code")
    key = code["DataSource"]["S3DataSource"]["S3Uri"].split("/", 3)[3]
    channel = tmp_path / "channel"
    channel.mkdir()
    (channel / "sourcedir.tar.gz").write_bytes(definition.code[key])

    files.download_and_extract(str(channel / "sourcedir.tar.gz"), str(tmp_path / "code"))

    assert tarfile.is_tarfile(channel / "sourcedir.tar.gz")
    assert (tmp_path / "code" / "train.py").read_bytes() == (CODE / "train.py").read_bytes()


def test_preprocessing_shares_the_input_out(steps_of: Callable[..., Steps]) -> None:
    arguments = steps_of(
        preprocessing=Preprocessing(instance_count=4, s3_data_distribution_type="ShardedByS3Key")
    )["Preprocess"]["Arguments"]

    inputs = {item["InputName"]: item["S3Input"] for item in arguments["ProcessingInputs"]}
    assert inputs["data"]["S3DataDistributionType"] == "ShardedByS3Key"
    assert inputs["code"]["S3DataDistributionType"] == "FullyReplicated"
    assert arguments["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 4


def test_tokens_pass_as_placeholders(define: Callable[..., PipelineDefinition]) -> None:
    definition = define(
        training=Training(image_uri=TOKEN, environment={"A": TOKEN}),
        encryption=Encryption(volume_kms_key_id=TOKEN),
        network=Network(subnets=[TOKEN], security_group_ids=[TOKEN]),
        tags={"team": TOKEN},
    )

    assert "Token" not in definition.document
    assert list(definition.tokens.values()) == [TOKEN]
    # The image and the variable of Train; the key, the subnet, the group and the tag of each of three jobs.
    assert definition.document.count(next(iter(definition.tokens))) == 2 + 4 * 3


def test_without_caching_no_step_is_cached(steps_of: Callable[..., Steps]) -> None:
    assert all("CacheConfig" not in step for step in steps_of(cache_expire_after=None).values())


@pytest.mark.parametrize(
    ("options", "training", "inference"),
    [
        ({"framework": "xgboost", "framework_version": "1.7-1"}, "sagemaker-xgboost:1.7-1", None),
        (
            {"framework": "pytorch", "framework_version": "2.6.0", "training_instance_type": "ml.g5.xlarge"},
            "pytorch-training:2.6.0-gpu-py312",
            "pytorch-inference:2.6.0-cpu-py312",
        ),
        (
            {
                "framework": "tensorflow",
                "framework_version": "2.21.0",
                "inference": Inference(framework_version="2.20.0", instance_type="ml.g5.xlarge"),
            },
            "tensorflow-training:2.21.0-cpu-py312",
            "tensorflow-inference:2.20.0-gpu",
        ),
        (
            {
                "framework": "huggingface",
                "framework_version": "4.49.0",
                "base_framework_version": "pytorch2.5.1",
                "training_instance_type": "ml.g5.xlarge",
                "processing_instance_type": "ml.g5.xlarge",
                "inference": Inference(framework_version="4.48.0", base_framework_version="pytorch2.3.0"),
            },
            "huggingface-pytorch-training:2.5.1-transformers4.49.0-gpu",
            "huggingface-pytorch-inference:2.3.0-transformers4.48.0-cpu",
        ),
    ],
    ids=lambda value: value["framework"] if isinstance(value, dict) else "",
)
def test_frameworks_have_their_images(
    steps_of: Callable[..., Steps], options: dict[str, Any], training: str, inference: str | None
) -> None:
    steps = steps_of(**options)

    image = steps["Train"]["Arguments"]["AlgorithmSpecification"]["TrainingImage"]
    assert f"/{training}" in image
    container = steps["RegisterModel"]["Arguments"]["InferenceSpecification"]["Containers"][0]
    assert f"/{training if inference is None else inference}" in container["Image"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"framework": "mynet", "framework_version": "1"},
            "UnknownFramework: framework must be one that the SageMaker SDK has a table of images for, got "
            "'mynet'; use 'sklearn', 'xgboost', 'pytorch', 'tensorflow' or 'huggingface' (at churn)",
        ),
        (
            {"framework_version": "1.4-2"},
            "ImageNotFound: framework_version must be a version of sklearn with an image for inference on "
            "ml.m5.large, got '1.4-2'; use another version, or an image_uri; the SDK says: Unsupported",
        ),
        (
            {"processing_instance_type": "ml.g5.xlarge"},
            "ImageNotFound: framework_version must be a version of sklearn with an image for training on "
            "ml.g5.xlarge, got '1.9-0'; use another version, or an image_uri; the SDK says: Unsupported "
            "processor: gpu.",
        ),
        (
            {"framework": "pytorch", "framework_version": "2.6.0", "py_version": "py39"},
            "ImageNotFound: framework_version must be a version of pytorch with an image for training on "
            "ml.m5.large (py_version='py39'), got '2.6.0'; use another version, or an image_uri; the SDK says: ",
        ),
    ],
)
def test_fails_when_aws_has_no_such_image(
    define: Callable[..., PipelineDefinition], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(DefinitionError) as raised:
        define(**options)

    assert str(raised.value).startswith(message)
