"""The groups of options of StandardPipeline check their values before anything is built."""

from __future__ import annotations

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
from cdk_sagemaker_mlops.errors import ValidationError

TOKEN = "${Token[Resource.Attribute.7]}"
BIAS: dict[str, Any] = {
    "label": "y",
    "label_values_or_threshold": [1],
    "facet_name": "age",
    "facet_values_or_threshold": [40],
}
TUNING: dict[str, Any] = {
    "metric_name": "accuracy",
    "metric_regex": "accuracy=([0-9.]+)",
    "hyperparameter_ranges": {"c": (0.1, 1.0)},
}


@pytest.fixture
def source_dir(tmp_path: Path) -> Path:
    for name in ("preprocess", "train", "evaluate", "inference"):
        (tmp_path / f"{name}.py").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("stage", "options", "message"),
    [
        (
            Preprocessing,
            {"instance_count": 101},
            "InvalidInstanceCount: preprocessing.instance_count must be a whole number from 1 to 100 instances, got 101; use larger instances if that is not enough",
        ),
        (
            Preprocessing,
            {"s3_data_distribution_type": "Sharded"},
            "InvalidDataDistribution: preprocessing.s3_data_distribution_type must be one of 'FullyReplicated', 'ShardedByS3Key', got 'Sharded'; use 'ShardedByS3Key' to divide the input's objects between the instances",
        ),
        (
            Preprocessing,
            {"environment": {"1A": "x"}},
            "InvalidEnvironmentName: preprocessing.environment['1A'] must have a name of up to 256 letters, digits and '_', not starting with a digit, got '1A'; rename it here and in the script",
        ),
        (
            Evaluation,
            {"environment": {"A": 1}},
            "InvalidEnvironmentValue: evaluation.environment['A'] must be a string of up to 256 characters, got 1; give numbers as strings, and put long values into a file in source_dir",
        ),
        (
            Evaluation,
            {"environment": {f"A{index}": "x" for index in range(100)}},
            "TooManyEnvironmentVariables: evaluation.environment must have at most 99 variables, got 100; put the rest into a file in source_dir",
        ),
        (
            Evaluation,
            {"report_file": "plots/report.html"},
            "InvalidReportFile: evaluation.report_file must be 1 to 64 letters, digits, '.', '_' and '-', got 'plots/report.html'; name a file of the evaluation's output folder, or None if there is none",
        ),
        (
            Evaluation,
            {"image_uri": "my image"},
            "InvalidImageUri: evaluation.image_uri must be an image URI of 1 to 255 characters without spaces, got 'my image'; use a URI such as '<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>'",
        ),
        (
            Training,
            {"instance_count": 0},
            "InvalidInstanceCount: training.instance_count must be a whole number of at least 1 instances, got 0; use 1 unless the script trains on several",
        ),
        (
            Training,
            {"enable_managed_spot_training": "yes"},
            "InvalidBoolean: training.enable_managed_spot_training must be True or False, got 'yes'; use a bool",
        ),
        (
            Training,
            {"max_wait_time_in_seconds": 60},
            "WaitWithoutSpot: training.max_wait_time_in_seconds must be left out without managed spot training, got 60; set enable_managed_spot_training=True, or remove it",
        ),
        (
            Training,
            {"enable_managed_spot_training": True, "max_wait_time_in_seconds": 0},
            "InvalidMaxWaitTime: training.max_wait_time_in_seconds must be a whole number of at least 1 seconds, got 0; add the time that the job may wait for capacity to max_runtime_in_seconds",
        ),
        (
            Training,
            {"checkpoint_local_path": ""},
            "InvalidCheckpointPath: training.checkpoint_local_path must be a string of 1 to 4096 characters, got ''; use a folder such as '/opt/ml/checkpoints'",
        ),
        (
            Training,
            {"keep_alive_period_in_seconds": 21601},
            "InvalidKeepAlivePeriod: training.keep_alive_period_in_seconds must be a whole number from 0 to 21600 seconds, got 21601; choose how long instances may idle between executions",
        ),
        (
            Training,
            {"keep_alive_period_in_seconds": 60, "enable_managed_spot_training": True},
            "WarmPoolOnSpot: training.keep_alive_period_in_seconds must be left out with managed spot training, got 60; choose between instances that are kept and spare capacity",
        ),
        (
            Inference,
            {"instance_type": "m5"},
            "InvalidInstanceType: inference.instance_type must look like 'ml.<family>.<size>', got 'm5'; use a SageMaker instance type such as 'ml.m5.large'",
        ),
        (
            Inference,
            {"framework_version": "latest"},
            "InvalidFrameworkVersion: inference.framework_version must look like '<version>', got 'latest'; use a version that AWS publishes an image of",
        ),
        (
            Network,
            {"subnets": ["subnet-1"]},
            "InvalidSecurityGroups: network.security_group_ids must name 1 to 5 security groups, got []; give subnets and security groups together, or neither",
        ),
        (
            Network,
            {"subnets": ["#{Token[Subnets.1]}"], "security_group_ids": ["sg-1"]},
            "InvalidSubnets: network.subnets[0] must be the id of a subnet, got '#{Token[Subnets.1]}'; give each id as a string of its own, not a list that is known only at deployment",
        ),
        (
            Encryption,
            {"volume_kms_key_id": "my key"},
            "InvalidKmsKey: encryption.volume_kms_key_id must be the id, ARN or alias of a KMS key, got 'my key'; pass key.key_arn",
        ),
        (
            Retries,
            {"max_attempts": 21},
            "InvalidMaxAttempts: retries.max_attempts must be a whole number from 1 to 20 attempts, got 21; leave retries out to try once",
        ),
        (
            Retries,
            {"interval_seconds": 1.5},
            "InvalidRetryInterval: retries.interval_seconds must be a whole number of at least 0 seconds, got 1.5; choose the pause before the first retry",
        ),
        (
            Retries,
            {"backoff_rate": float("inf")},
            "InvalidBackoffRate: retries.backoff_rate must be a finite number of at least 0, got inf; use 2.0 to double the pause each time",
        ),
        (
            Tuning,
            {**TUNING, "metric_regex": ""},
            "InvalidMetricRegex: tuning.metric_regex must be a string of 1 to 500 characters, got ''; find the score in the log, such as 'validation_accuracy=([0-9.]+)'",
        ),
        (
            Tuning,
            {**TUNING, "hyperparameter_ranges": {}},
            "NothingToTune: tuning.hyperparameter_ranges must have at least one hyperparameter, got {}; add a range or a choice, or leave tuning out",
        ),
        (
            Tuning,
            {**TUNING, "hyperparameter_ranges": {"c": (2, 1)}},
            "InvalidHyperparameterRange: tuning.hyperparameter_ranges['c'] must be a tuple (low, high) of finite numbers or a list of 1 to 30 values, got (2, 1); use (1, 10) for a range and ['a', 'b'] for a choice",
        ),
        (
            Tuning,
            {**TUNING, "strategy": "Grid"},
            "RangeOnGrid: tuning.hyperparameter_ranges['c'] must be a list of values with the strategy 'Grid', got (0.1, 1.0); list the values to try, or use another strategy",
        ),
        (
            Tuning,
            {**TUNING, "scaling_types": {"d": "Logarithmic"}},
            "ScalingWithoutRange: tuning.scaling_types['d'] must belong to a tuple (low, high) of hyperparameter_ranges, got 'd'; remove it, or add the range",
        ),
        (
            Tuning,
            {**TUNING, "objective_type": "max"},
            "InvalidObjectiveType: tuning.objective_type must be one of 'Maximize', 'Minimize', got 'max'; say which is better",
        ),
        (
            Tuning,
            {**TUNING, "max_jobs": 0},
            "InvalidTuningLimit: tuning.max_jobs must be a whole number of at least 1 jobs, got 0; choose how long to search",
        ),
        (
            Tuning,
            {**TUNING, "random_seed": -1},
            "InvalidTuningLimit: tuning.random_seed must be a whole number of at least 0, got -1; choose how long to search",
        ),
        (
            BatchTransform,
            {"input_data_uri": "/data"},
            "InvalidS3Uri: batch_transform.input_data_uri must be an s3:// URI, got '/data'; use a URI such as 's3://bucket/prefix'",
        ),
        (
            BatchTransform,
            {"input_data_uri": "s3://churn/x", "split_type": "Lines"},
            "InvalidSplitType: batch_transform.split_type must be one of 'None', 'Line', 'RecordIO', 'TFRecord', got 'Lines'; use 'Line' for CSV and JSON lines",
        ),
        (
            BatchTransform,
            {"input_data_uri": "s3://churn/x", "accept": ""},
            "InvalidContentType: batch_transform.accept must be a string of 1 to 256 characters, got ''; use a MIME type such as 'text/csv'",
        ),
        (
            BiasCheck,
            {**BIAS, "facet_values_or_threshold": []},
            "NoValues: bias_check.facet_values_or_threshold must have at least one value, got []; give the values that count, or one threshold",
        ),
        (
            BiasCheck,
            {**BIAS, "headers": ["y", "sex"]},
            "UnknownColumn: bias_check.facet_name must be one of headers, got 'age'; use one of 'y', 'sex'",
        ),
        (
            ExplainabilityCheck,
            {"label": 0, "num_samples": 0},
            "InvalidSampleCount: explainability_check.num_samples must be a whole number of at least 1 samples, got 0; leave it out to let Clarify choose",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else getattr(value, "__name__", ""),
)
def test_fails_with_what_to_do(stage: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        stage(**options)

    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"framework": "PyTorch", "framework_version": "2.6.0"},
            "InvalidFramework: framework must be a framework's name in lower case, got 'PyTorch'; use 'sklearn', 'xgboost', 'pytorch', 'tensorflow' or 'huggingface'",
        ),
        (
            {"framework": "pytorch", "framework_version": "latest"},
            "InvalidFrameworkVersion: framework_version must look like '<version>', got 'latest'; use a version that AWS publishes an image of",
        ),
        (
            {"py_version": "3.12"},
            "InvalidPyVersion: py_version must look like 'py<version>', got '3.12'; use a version such as 'py312', or leave it out",
        ),
        (
            {"base_framework_version": "2.6.0"},
            "InvalidBaseFrameworkVersion: base_framework_version must look like 'pytorch<version>' or 'tensorflow<version>', got '2.6.0'; use the base of the Hugging Face image, such as 'pytorch2.6.0'",
        ),
        (
            {"training": Training(enable_managed_spot_training=True, max_wait_time_in_seconds=3599)},
            "InvalidMaxWaitTime: training.max_wait_time_in_seconds must be at least max_runtime_in_seconds (3600), got 3599; add the time that the job may wait for capacity",
        ),
        (
            {
                "tuning": Tuning(**TUNING),
                "training": Training(environment={f"A{index}": "x" for index in range(49)}),
            },
            "TooManyEnvironmentVariables: training.environment must have at most 48 variables with tuning, got 49; put the rest into a file in source_dir",
        ),
        (
            {"tuning": Tuning(**TUNING), "hyperparameters": {"c": 1.0}},
            "HyperparameterIsTuned: hyperparameters['c'] must be left out while tuning searches for it, got 1.0; remove it here, or from tuning.hyperparameter_ranges",
        ),
        (
            {
                "batch_transform": BatchTransform(input_data_uri=TOKEN),
                "hyperparameters": {"transform_input_uri": 1},
            },
            "HyperparameterNameTaken: hyperparameters['transform_input_uri'] must become a pipeline parameter of its own, got 'TransformInputUri'; rename it: 'TransformInputUri' has that parameter already",
        ),
        (
            {"max_parallel_execution_steps": 0},
            "InvalidParallelism: max_parallel_execution_steps must be a whole number of at least 1 steps, got 0; leave it out for no limit",
        ),
        (
            {"tags": {"team": "a;b"}},
            "InvalidTag: tags['team'] must have a value of 0 to 256 letters, digits, spaces and any of _.:/=+-@, got 'a;b'; remove the other characters",
        ),
        (
            {"tags": {f"t{index}": "" for index in range(51)}},
            "TooManyTags: tags must have at most 50 tags, got 51; leave some out",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_fails_with_what_to_do_about_the_whole(
    source_dir: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError) as raised:
        StandardPipeline(source_dir=source_dir, **options)

    assert str(raised.value) == message


def test_fails_to_explain_without_network(source_dir: Path) -> None:
    with pytest.raises(
        ValidationError, match="ExplainabilityNeedsNetwork: explainability_check must be left"
    ):
        StandardPipeline(
            source_dir=source_dir,
            network=Network(enable_network_isolation=True),
            explainability_check=ExplainabilityCheck(label=0),
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"training": {}}, "type of argument training must be Training; got dict instead"),
        ({"network": {}}, "type of argument network must be Network or None; got dict instead"),
        (
            {"preprocessing": None},
            "type of argument preprocessing must be Preprocessing; got NoneType instead",
        ),
        ({"tags": ["a"]}, "type of argument tags must be Mapping; got list instead"),
    ],
)
def test_fails_on_a_wrong_type(source_dir: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as raised:
        StandardPipeline(source_dir=source_dir, **options)

    assert str(raised.value) == message


def test_takes_tokens_for_every_string_that_the_stack_may_know() -> None:
    Preprocessing(environment={"A": TOKEN}, image_uri=TOKEN)
    Evaluation(environment={"A": TOKEN}, image_uri=TOKEN)
    Training(environment={"A": TOKEN}, image_uri=TOKEN)
    Inference(environment={"A": TOKEN}, image_uri=TOKEN)
    Network(subnets=[TOKEN], security_group_ids=(TOKEN,))
    Encryption(volume_kms_key_id=TOKEN, output_kms_key_id=TOKEN)
    assert BatchTransform(input_data_uri=TOKEN).input_data_uri == TOKEN


def test_fails_on_a_token_for_a_number() -> None:
    with pytest.raises(ValidationError, match="InvalidInstanceCount"):
        Training(instance_count=-1.888154589708824e289)  # type: ignore[arg-type]


def test_waits_for_capacity_as_long_as_the_job_may_run() -> None:
    assert Training(enable_managed_spot_training=True).max_wait_time(3600) == 7200
    assert (
        Training(enable_managed_spot_training=True, max_wait_time_in_seconds=4000).max_wait_time(3600) == 4000
    )
