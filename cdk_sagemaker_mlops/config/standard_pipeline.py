"""The built-in pipeline's options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cdk_sagemaker_mlops.config import checks, stage_checks
from cdk_sagemaker_mlops.config.batch_transform import BatchTransform
from cdk_sagemaker_mlops.config.clarify_checks import BiasCheck, ExplainabilityCheck
from cdk_sagemaker_mlops.config.encryption import Encryption
from cdk_sagemaker_mlops.config.framework import framework_problems
from cdk_sagemaker_mlops.config.hyperparameters import (
    HyperparameterValue,
    hyperparameter_problems,
)
from cdk_sagemaker_mlops.config.inference import Inference
from cdk_sagemaker_mlops.config.network import Network
from cdk_sagemaker_mlops.config.processing import Evaluation, Preprocessing
from cdk_sagemaker_mlops.config.quality_gate import (
    ApprovalStatus,
    MetricObjective,
    ProblemType,
    quality_gate_problems,
)
from cdk_sagemaker_mlops.config.retries import Retries
from cdk_sagemaker_mlops.config.training import Training
from cdk_sagemaker_mlops.config.tuning import Tuning
from cdk_sagemaker_mlops.errors import Problem

# Names of the parameters that the pipeline has anyway; a hyperparameter may not become one of them.
PARAMETER_NAMES = (
    "InputDataUri",
    "ProcessingInstanceType",
    "TrainingInstanceType",
    "ModelApprovalStatus",
    "MetricThreshold",
)
TRANSFORM_PARAMETER = "TransformInputUri"
# botocore's sagemaker model: HyperParameterTrainingJobEnvironmentMap.
_MOST_TUNING_VARIABLES = 48
# Each group of options, and the class that it must be an instance of.
_STAGES: Mapping[str, type] = {
    "preprocessing": Preprocessing,
    "training": Training,
    "evaluation": Evaluation,
    "inference": Inference,
}
_OPTIONAL_STAGES: Mapping[str, type] = {
    "tuning": Tuning,
    "batch_transform": BatchTransform,
    "bias_check": BiasCheck,
    "explainability_check": ExplainabilityCheck,
    "network": Network,
    "encryption": Encryption,
    "retries": Retries,
}


INTERMEDIATE_PREFIX = "intermediate"
"""Below a pipeline's prefix: what only the steps of one execution need; a lifecycle rule expires it."""


@dataclass(frozen=True, kw_only=True)
class StandardPipeline:
    """The built-in pipeline: Preprocess, Train, Evaluate, then RegisterModel or Fail.

    Its scripts run in AWS's scikit-learn container, or another framework's, as SageMaker documents:
    ``preprocess.py`` and ``evaluate.py`` as processing jobs, ``train.py`` in script mode. They meet at these
    paths:

    * ``preprocess.py`` reads ``/opt/ml/processing/input/data`` and writes ``/opt/ml/processing/output/train``
      and ``/opt/ml/processing/output/test``.
    * ``train.py`` reads ``SM_CHANNEL_TRAIN``, gets the hyperparameters as arguments, and writes
      ``SM_MODEL_DIR``, with the inference code in ``code/``.
    * ``evaluate.py`` reads ``/opt/ml/processing/input/model/model.tar.gz`` and
      ``/opt/ml/processing/input/test``, and writes SageMaker's model-quality JSON to
      ``/opt/ml/processing/output/evaluation/evaluation.json``, and beside it ``report.html`` for people.

    A ``requirements.txt`` in ``source_dir`` is installed before each script runs. Steps are cached: a step
    whose code, inputs and settings are unchanged is not run again.

    The instance types, the approval status, the metric's threshold and every hyperparameter are pipeline
    parameters, so that an execution can be started with other values (``max_iter`` is the parameter
    ``MaxIter``).

    Args:
        source_dir: Folder that holds the scripts, absolute or relative to the working directory.
        preprocess_script: File in ``source_dir``. Default: ``"preprocess.py"``.
        train_script: File in ``source_dir``. Default: ``"train.py"``.
        evaluate_script: File in ``source_dir``. Default: ``"evaluate.py"``.
        inference_script: File that ``train_script`` puts into ``code/`` of the model artifact, also in
            ``source_dir``. Default: ``"inference.py"``.
        framework: Framework whose images run the scripts: ``sklearn``, ``xgboost``, ``pytorch``,
            ``tensorflow``, ``huggingface``, or another that the SageMaker SDK knows by that name and whose
            images have SageMaker's toolkits. Hugging Face's training images need GPU instances, or
            ``image_uri`` for the processing stages. Default: ``"sklearn"``.
        framework_version: Version of the framework's images. Default: ``"1.9-0"``.
        py_version: Python version of the images, such as ``py312``. Default: the only one there is for the
            version.
        base_framework_version: What Hugging Face's images are built on, such as ``pytorch2.6.0``.
            Default: none; Hugging Face needs one.
        processing_instance_type: Instance type of Preprocess and Evaluate. Default: ``"ml.m5.large"``.
        training_instance_type: Instance type of Train. Default: ``"ml.m5.large"``.
        volume_size_in_gb: Storage of each job's instance in GB, 1 to 16384. Default: ``30``.
        max_runtime_in_seconds: Time after which SageMaker ends a job, 1 to 777600 (9 days). Default:
            ``3600``.
        hyperparameters: Name to value; names start with a letter, and values are strings, numbers or bools.
            Default: none, so that ``train_script`` uses its own defaults.
        problem_type: ``BinaryClassification``, ``MulticlassClassification`` or ``Regression``; says where in
            the evaluation the metric is found. Default: ``"BinaryClassification"``.
        metric_name: Metric that decides whether the model is registered, as the evaluation names it.
            Default: ``"accuracy"``.
        metric_threshold: Value that the metric must reach, finite. Default: ``0.8``.
        metric_objective: ``Maximize`` if more is better, or ``Minimize``; the threshold itself is good enough
            in both. Default: ``"Maximize"``.
        approval_status: Approval status that a model package is registered with. ``Approved`` deploys every
            model that passes the threshold without asking anyone. Default: ``"PendingManualApproval"``.
        cache_expire_after: How long a cached step is reused, as an ISO 8601 duration; ``None`` runs every
            step every time. Default: ``"P30D"``.
        preprocessing: How Preprocess runs: instances, sharding, environment, image.
            Default: ``Preprocessing()``.
        training: How Train runs: instances, managed spot training, warm pool, environment, image.
            Default: ``Training()``.
        evaluation: How Evaluate runs: environment, image. Default: ``Evaluation()``.
        inference: The container that the model is registered with. Default: ``Inference()``.
        tuning: Search for hyperparameters: Tune takes Train's place, and the best model is evaluated and
            registered. Default: none.
        batch_transform: Batch of data to predict for with each registered model. Default: none.
        bias_check: Clarify's report on the training data's bias. Default: none.
        explainability_check: Clarify's report on what the model's predictions depend on. Default: none.
        network: VPC, isolation and traffic encryption of the jobs. Default: none, SageMaker's own network.
        encryption: KMS keys of the jobs' storage and outputs. Default: none, SageMaker's own keys.
        retries: When to try a step again. Default: none, SageMaker's own policy, which covers service faults
            and throttling.
        max_parallel_execution_steps: Most steps of an execution that run at the same time, at least 1.
            Default: none, as many as the account's quotas allow.
        tags: Tags of every job, up to 50; values may be CDK tokens. Default: none.

    Raises:
        ValidationError: A value is out of its range, or a script is missing from ``source_dir``.
        TypeError: A group of options is of another type.
    """

    source_dir: str | Path
    preprocess_script: str = "preprocess.py"
    train_script: str = "train.py"
    evaluate_script: str = "evaluate.py"
    inference_script: str = "inference.py"
    framework: str = "sklearn"
    framework_version: str = "1.9-0"
    py_version: str | None = None
    base_framework_version: str | None = None
    processing_instance_type: str = "ml.m5.large"
    training_instance_type: str = "ml.m5.large"
    volume_size_in_gb: int = 30
    max_runtime_in_seconds: int = 3600
    hyperparameters: Mapping[str, HyperparameterValue] = field(default_factory=dict)
    problem_type: ProblemType = "BinaryClassification"
    metric_name: str = "accuracy"
    metric_threshold: float = 0.8
    metric_objective: MetricObjective = "Maximize"
    approval_status: ApprovalStatus = "PendingManualApproval"
    cache_expire_after: str | None = "P30D"
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    training: Training = field(default_factory=Training)
    evaluation: Evaluation = field(default_factory=Evaluation)
    inference: Inference = field(default_factory=Inference)
    tuning: Tuning | None = None
    batch_transform: BatchTransform | None = None
    bias_check: BiasCheck | None = None
    explainability_check: ExplainabilityCheck | None = None
    network: Network | None = None
    encryption: Encryption | None = None
    retries: Retries | None = None
    max_parallel_execution_steps: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checks.argument_type("source_dir", self.source_dir, (str, Path))
        checks.argument_type("hyperparameters", self.hyperparameters, Mapping)
        checks.argument_type("tags", self.tags, Mapping)
        for name, kind in _STAGES.items():
            checks.argument_type(name, getattr(self, name), kind)
        for name, kind in _OPTIONAL_STAGES.items():
            checks.argument_type(name, getattr(self, name), (kind, type(None)))
        checks.raise_problems(
            [
                *self._script_problems(),
                *framework_problems(
                    self.framework, self.framework_version, self.py_version, self.base_framework_version
                ),
                *self._compute_problems(),
                *hyperparameter_problems(
                    self.hyperparameters,
                    reserved=self._reserved_parameters(),
                    tuned=() if self.tuning is None else self.tuning.hyperparameter_ranges.keys(),
                ),
                *quality_gate_problems(
                    problem_type=self.problem_type,
                    metric_name=self.metric_name,
                    metric_threshold=self.metric_threshold,
                    metric_objective=self.metric_objective,
                    approval_status=self.approval_status,
                ),
                *self._stage_problems(),
            ]
        )

    def _reserved_parameters(self) -> tuple[str, ...]:
        return (*PARAMETER_NAMES, TRANSFORM_PARAMETER) if self.batch_transform else PARAMETER_NAMES

    def _stage_problems(self) -> Iterator[Problem | None]:
        if isinstance(self.max_runtime_in_seconds, int):
            yield self.training.wait_problem(self.max_runtime_in_seconds)
        if self.tuning is not None and len(self.training.environment) > _MOST_TUNING_VARIABLES:
            yield Problem(
                code="TooManyEnvironmentVariables",
                parameter="training.environment",
                rule=f"have at most {_MOST_TUNING_VARIABLES} variables with tuning",
                value=len(self.training.environment),
                fix="put the rest into a file in source_dir",
            )
        # Clarify asks the model on an endpoint, which a container without network cannot call:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-processing-job-run.html
        isolated = self.network is not None and self.network.enable_network_isolation
        if isolated and self.explainability_check is not None:
            yield Problem(
                code="ExplainabilityNeedsNetwork",
                parameter="explainability_check",
                rule="be left out with network isolation",
                value=self.explainability_check,
                fix="use subnets without a route to the internet instead of enable_network_isolation",
            )
        yield stage_checks.whole_number(
            "max_parallel_execution_steps",
            self.max_parallel_execution_steps,
            1,
            None,
            code="InvalidParallelism",
            unit="steps",
            fix="leave it out for no limit",
        )
        yield from stage_checks.tags("tags", self.tags)

    def _script_problems(self) -> Iterator[Problem | None]:
        folder = Path(self.source_dir)
        if not folder.is_dir():
            yield Problem(
                code="SourceDirNotFound",
                parameter="source_dir",
                rule="be an existing folder",
                value=str(self.source_dir),
                fix=f"give a path that exists from the working directory {str(Path.cwd())!r}",
            )
            return
        found = ", ".join(sorted(path.name for path in folder.iterdir() if path.is_file()))
        for parameter in ("preprocess_script", "train_script", "evaluate_script", "inference_script"):
            script = getattr(self, parameter)
            if not (folder / script).is_file():
                yield Problem(
                    code="ScriptNotFound",
                    parameter=parameter,
                    rule=f"name a file in {str(self.source_dir)!r}",
                    value=script,
                    fix=f"add it, or name one of the files found: {found if found else 'none'}",
                )

    def _compute_problems(self) -> Iterator[Problem | None]:
        yield checks.instance_type("processing_instance_type", self.processing_instance_type)
        yield checks.instance_type("training_instance_type", self.training_instance_type)
        # Ranges from botocore's sagemaker model: ProcessingVolumeSizeInGB and ProcessingMaxRuntimeInSeconds,
        # whose limits are the narrower ones of the two kinds of job.
        yield checks.in_range(
            "volume_size_in_gb",
            self.volume_size_in_gb,
            1,
            16384,
            code="InvalidVolumeSize",
            unit="GB",
            fix="choose the storage that one job's data and model need",
        )
        yield checks.in_range(
            "max_runtime_in_seconds",
            self.max_runtime_in_seconds,
            1,
            777600,
            code="InvalidMaxRuntime",
            unit="seconds",
            fix="choose the time after which a job that hangs should be ended",
        )
        yield checks.matches(
            "cache_expire_after",
            self.cache_expire_after,
            r"P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?",
            code="InvalidCacheExpiry",
            rule="be an ISO 8601 duration",
            fix="use a duration such as 'P30D' or 'PT12H'",
        )
