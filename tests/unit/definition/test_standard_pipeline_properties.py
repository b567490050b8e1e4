"""Every valid combination of StandardPipeline's options gives a valid definition, and always the same one."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import Phase as SearchPhase
from hypothesis import strategies as st

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
from cdk_sagemaker_mlops.definition.validation.validator import validate
from cdk_sagemaker_mlops.local.execution import graph
from cdk_sagemaker_mlops.local.execution.schedule import Phase, ready, skipped

CODE = Path(__file__).parent / "pipelines" / "code"

token = st.integers(1, 9).map(lambda number: f"${{Token[Resource.Attribute.{number}]}}")
name = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)
environment = st.dictionaries(name, st.text(max_size=256) | token, max_size=3)
tag_text = st.text(st.characters(categories=("L", "N", "Zs"), include_characters="_.:/=+-@"), min_size=1)
image = st.none() | token | st.just("123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn:1")
# No GPU families: scikit-learn has no image for them, which has a test of its own.
instance_type = st.from_regex(r"ml\.[cmr][5-9][a-z]{0,2}\.(large|2xlarge)", fullmatch=True)
hyperparameter = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
value = st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()

preprocessing = st.builds(
    Preprocessing,
    instance_count=st.integers(1, 100),
    s3_data_distribution_type=st.sampled_from(["FullyReplicated", "ShardedByS3Key"]),
    environment=environment,
    image_uri=image,
)
common_training = {"instance_count": st.integers(1, 50), "environment": environment, "image_uri": image}
training = st.builds(
    Training, **common_training, keep_alive_period_in_seconds=st.none() | st.integers(0, 21600)
) | st.builds(
    Training,
    **common_training,
    enable_managed_spot_training=st.just(True),
    max_wait_time_in_seconds=st.none() | st.integers(777600, 10**7),
    checkpoint_local_path=st.just("/opt/ml/mine"),
)
limits = st.tuples(st.integers(-9, 9), st.integers(-9, 9)) | st.tuples(st.floats(-9, 9), st.floats(-9, 9))
choices = st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=30)
tuning = st.builds(
    Tuning,
    metric_name=st.from_regex(r"[a-z:_]{1,20}", fullmatch=True),
    metric_regex=st.just("score=([0-9.]+)"),
    hyperparameter_ranges=st.dictionaries(
        # Upper case, so that none is among the fixed ones.
        st.from_regex(r"[A-Z]{1,8}", fullmatch=True),
        limits.map(lambda pair: tuple(sorted(pair))) | choices,
        min_size=1,
        max_size=4,
    ),
    objective_type=st.sampled_from(["Maximize", "Minimize"]),
    strategy=st.sampled_from(["Bayesian", "Random", "Hyperband"]),
    max_jobs=st.integers(1, 500),
    max_parallel_jobs=st.integers(1, 10),
    early_stopping_type=st.sampled_from(["Off", "Auto"]),
    random_seed=st.none() | st.integers(0, 2**31 - 1),
)
network = st.builds(
    Network,
    subnets=st.lists(token | st.just("subnet-1"), min_size=1, max_size=16),
    security_group_ids=st.lists(token | st.just("sg-1"), min_size=1, max_size=5),
    enable_network_isolation=st.booleans(),
    enable_inter_container_traffic_encryption=st.booleans(),
) | st.builds(Network, enable_network_isolation=st.booleans())
key = st.none() | token | st.just("alias/mine")
labels = {"label": st.integers(0, 3), "check_drift": st.booleans(), "instance_type": instance_type}
options = st.fixed_dictionaries(
    {},
    optional={
        "processing_instance_type": instance_type,
        "training_instance_type": instance_type,
        "volume_size_in_gb": st.integers(1, 16384),
        "max_runtime_in_seconds": st.integers(1, 777600),
        "hyperparameters": st.dictionaries(hyperparameter, value, max_size=4),
        "problem_type": st.sampled_from(["BinaryClassification", "MulticlassClassification", "Regression"]),
        "metric_threshold": st.floats(allow_nan=False, allow_infinity=False),
        "metric_objective": st.sampled_from(["Maximize", "Minimize"]),
        "cache_expire_after": st.sampled_from([None, "P1D", "PT12H"]),
        "preprocessing": preprocessing,
        "training": training,
        "evaluation": st.builds(Evaluation, environment=environment, image_uri=image),
        "inference": st.builds(Inference, environment=environment, image_uri=image),
        "tuning": tuning,
        "batch_transform": st.builds(
            BatchTransform,
            input_data_uri=token | st.just("s3://churn/batch"),
            instance_count=st.integers(1, 50),
            accept=st.none() | st.just("text/csv"),
            split_type=st.sampled_from(["None", "Line", "RecordIO", "TFRecord"]),
            environment=environment,
        ),
        "bias_check": st.builds(
            BiasCheck,
            **labels,
            label_values_or_threshold=st.lists(st.integers(), min_size=1),
            facet_name=st.integers(0, 9),
            facet_values_or_threshold=st.lists(st.text() | st.integers(), min_size=1),
        ),
        "explainability_check": st.builds(
            ExplainabilityCheck, **labels, num_samples=st.none() | st.integers(1, 1000)
        ),
        "network": network,
        "encryption": st.builds(Encryption, volume_kms_key_id=key, output_kms_key_id=key),
        "retries": st.builds(
            Retries,
            max_attempts=st.integers(1, 20),
            interval_seconds=st.integers(0, 3600),
            backoff_rate=st.floats(0, 10),
        ),
        "tags": st.dictionaries(tag_text, tag_text, max_size=5),
    },
)


def allowed_together(given_options: dict[str, Any]) -> dict[str, Any]:
    """Takes isolation away from combinations that the pipeline refuses on purpose."""
    if "explainability_check" in given_options and "network" in given_options:
        reachable = dataclasses.replace(given_options["network"], enable_network_isolation=False)
        return {**given_options, "network": reachable}
    return given_options


def run_order(steps: graph.Graph) -> list[str]:
    """The order in which the local runner would start the steps, one at a time, with each gate passed."""
    phases, order = dict.fromkeys(steps, Phase.PENDING), []
    outcomes: dict[str, bool] = {}
    while Phase.PENDING in phases.values():
        for left_out in skipped(steps, phases, outcomes):
            phases[left_out] = Phase.SKIPPED
        started = ready(steps, phases, limit=1)
        if not started:
            break
        phases[started[0]] = Phase.SUCCEEDED
        order += started
        if steps[started[0]].type == "Condition":
            outcomes[started[0]] = True
    return order


@settings(
    max_examples=40,
    # Shrinking a failure would build hundreds of pipelines.
    phases=[SearchPhase.generate],
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(given_options=options.map(allowed_together))
def test_every_combination_is_valid_repeatable_and_can_be_ordered(
    build: Callable[..., PipelineDefinition], given_options: dict[str, Any]
) -> None:
    pipeline = StandardPipeline(source_dir=CODE, **given_options)

    first, second = build(pipeline), build(pipeline)

    assert first == second
    document = json.loads(first.document)
    validate(document, pipeline_name="churn")
    steps = graph.build(document["Steps"])
    order = run_order(steps)
    assert set(order) == set(steps) - {"Fail"}
    for position, step in enumerate(order):
        assert steps[step].waits_for <= set(order[:position])
