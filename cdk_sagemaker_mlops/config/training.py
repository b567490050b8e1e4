"""How the built-in pipeline trains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cdk_sagemaker_mlops.config import checks, stage_checks
from cdk_sagemaker_mlops.errors import Problem

# botocore's sagemaker model: KeepAlivePeriodInSeconds, MaxWaitTimeInSeconds, DirectoryPath and the
# TrainingEnvironment* shapes.
_LONGEST_KEEP_ALIVE = 21600
_LONGEST_PATH = 4096
_MOST_VARIABLES, _VARIABLE_LENGTH = 100, 512


@dataclass(frozen=True, kw_only=True)
class Training:
    """How Train runs, or each training job of Tune.

    Args:
        instance_count: Instances, at least 1. Every one runs the script, which finds the others in
            ``SM_HOSTS``. Default: ``1``.
        enable_managed_spot_training: Train on spare capacity, which costs less and may be interrupted. What
            the script writes to ``checkpoint_local_path`` is kept in the artifact bucket and is there again
            when the job resumes. Default: ``False``.
        max_wait_time_in_seconds: Time after which SageMaker ends a job on spare capacity, waiting included,
            in seconds; at least ``max_runtime_in_seconds``. Default: twice ``max_runtime_in_seconds``.
        checkpoint_local_path: Folder of the checkpoints in the container, up to 4096 characters.
            Default: ``"/opt/ml/checkpoints"``.
        keep_alive_period_in_seconds: Time that the instances are kept, and cost, after a job, so that the
            next one starts at once, 0 to 21600 seconds; not on spare capacity. Default: none.
        environment: Variables, up to 100 (48 with tuning); names and values have up to 512 characters, and
            values may be CDK tokens. Default: none.
        image_uri: Image to run instead of the framework's, with SageMaker's training toolkit; may be a CDK
            token, which the execution role must be allowed to pull. Default: none.

    Raises:
        ValidationError: A value is out of its range, or two exclude each other.
        TypeError: ``environment`` is not a mapping.
    """

    instance_count: int = 1
    enable_managed_spot_training: bool = False
    max_wait_time_in_seconds: int | None = None
    checkpoint_local_path: str = "/opt/ml/checkpoints"
    keep_alive_period_in_seconds: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    image_uri: str | None = None

    def __post_init__(self) -> None:
        checks.argument_type("training.environment", self.environment, Mapping)
        checks.raise_problems(
            [
                stage_checks.whole_number(
                    "training.instance_count",
                    self.instance_count,
                    1,
                    None,
                    code="InvalidInstanceCount",
                    unit="instances",
                    fix="use 1 unless the script trains on several",
                ),
                *self._spot_problems(),
                stage_checks.whole_number(
                    "training.keep_alive_period_in_seconds",
                    self.keep_alive_period_in_seconds,
                    0,
                    _LONGEST_KEEP_ALIVE,
                    code="InvalidKeepAlivePeriod",
                    unit="seconds",
                    fix="choose how long instances may idle between executions",
                ),
                *stage_checks.environment(
                    "training.environment",
                    self.environment,
                    most=_MOST_VARIABLES,
                    name_length=_VARIABLE_LENGTH,
                    value_length=_VARIABLE_LENGTH,
                ),
                stage_checks.image_uri("training.image_uri", self.image_uri),
            ]
        )

    def max_wait_time(self, max_runtime_in_seconds: int) -> int:
        """Returns the waiting time to use, for jobs that may run ``max_runtime_in_seconds``."""
        if self.max_wait_time_in_seconds is None:
            return 2 * max_runtime_in_seconds
        return self.max_wait_time_in_seconds

    def wait_problem(self, max_runtime_in_seconds: int) -> Problem | None:
        """Checks the waiting time against the running time, which the pipeline has for all jobs."""
        wait = self.max_wait_time_in_seconds
        if wait is None or wait >= max_runtime_in_seconds:
            return None
        return Problem(
            code="InvalidMaxWaitTime",
            parameter="training.max_wait_time_in_seconds",
            rule=f"be at least max_runtime_in_seconds ({max_runtime_in_seconds})",
            value=wait,
            fix="add the time that the job may wait for capacity",
        )

    def _spot_problems(self) -> Iterator[Problem | None]:
        yield stage_checks.boolean("training.enable_managed_spot_training", self.enable_managed_spot_training)
        yield stage_checks.whole_number(
            "training.max_wait_time_in_seconds",
            self.max_wait_time_in_seconds,
            1,
            None,
            code="InvalidMaxWaitTime",
            unit="seconds",
            fix="add the time that the job may wait for capacity to max_runtime_in_seconds",
        )
        yield stage_checks.text(
            "training.checkpoint_local_path",
            self.checkpoint_local_path,
            _LONGEST_PATH,
            code="InvalidCheckpointPath",
            fix="use a folder such as '/opt/ml/checkpoints'",
        )
        if self.max_wait_time_in_seconds is not None and self.enable_managed_spot_training is False:
            yield Problem(
                code="WaitWithoutSpot",
                parameter="training.max_wait_time_in_seconds",
                rule="be left out without managed spot training",
                value=self.max_wait_time_in_seconds,
                fix="set enable_managed_spot_training=True, or remove it",
            )
        # https://docs.aws.amazon.com/sagemaker/latest/dg/train-warm-pools.html, Considerations.
        if self.keep_alive_period_in_seconds and self.enable_managed_spot_training is True:
            yield Problem(
                code="WarmPoolOnSpot",
                parameter="training.keep_alive_period_in_seconds",
                rule="be left out with managed spot training",
                value=self.keep_alive_period_in_seconds,
                fix="choose between instances that are kept and spare capacity",
            )
