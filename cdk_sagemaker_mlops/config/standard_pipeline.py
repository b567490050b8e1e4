"""The built-in pipeline's options."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.errors import Problem

HyperparameterValue = str | int | float | bool
ProblemType = Literal["BinaryClassification", "MulticlassClassification", "Regression"]
MetricObjective = Literal["Maximize", "Minimize"]
ApprovalStatus = Literal["PendingManualApproval", "Approved", "Rejected"]

# Top-level keys of SageMaker's model-quality JSON:
# https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
METRIC_GROUPS: Mapping[str, str] = {
    "BinaryClassification": "binary_classification_metrics",
    "MulticlassClassification": "multiclass_classification_metrics",
    "Regression": "regression_metrics",
}
_OBJECTIVES = ("Maximize", "Minimize")
# botocore's sagemaker model, ModelApprovalStatus.
_APPROVAL_STATUSES = ("PendingManualApproval", "Approved", "Rejected")
# Names of the parameters that the pipeline has anyway; a hyperparameter may not become one of them.
PARAMETER_NAMES = (
    "InputDataUri",
    "ProcessingInstanceType",
    "TrainingInstanceType",
    "ModelApprovalStatus",
    "MetricThreshold",
)


def parameter_name(hyperparameter: str) -> str:
    """Returns the pipeline parameter of a hyperparameter: ``max_iter`` becomes ``MaxIter``."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", hyperparameter))


@dataclass(frozen=True, kw_only=True)
class StandardPipeline:
    """The built-in pipeline: Preprocess, Train, Evaluate, then RegisterModel or Fail.

    Its scripts run in AWS's scikit-learn container, as SageMaker documents: ``preprocess.py`` and
    ``evaluate.py`` as processing jobs, ``train.py`` in script mode. They meet at these paths:

    * ``preprocess.py`` reads ``/opt/ml/processing/input/data`` and writes ``/opt/ml/processing/output/train``
      and ``/opt/ml/processing/output/test``.
    * ``train.py`` reads ``SM_CHANNEL_TRAIN``, gets the hyperparameters as arguments, and writes
      ``SM_MODEL_DIR``, with the inference code in ``code/``.
    * ``evaluate.py`` reads ``/opt/ml/processing/input/model/model.tar.gz`` and
      ``/opt/ml/processing/input/test``, and writes SageMaker's model-quality JSON to
      ``/opt/ml/processing/output/evaluation/evaluation.json``.

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
        framework_version: Version of the scikit-learn container. Default: ``"1.9-0"``.
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
        cache_expire_after: How long a cached step is reused, as an ISO 8601 duration. Default: ``"P30D"``.

    Raises:
        ValidationError: A value is out of its range, or a script is missing from ``source_dir``.
    """

    source_dir: str | Path
    preprocess_script: str = "preprocess.py"
    train_script: str = "train.py"
    evaluate_script: str = "evaluate.py"
    inference_script: str = "inference.py"
    framework_version: str = "1.9-0"
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
    cache_expire_after: str = "P30D"

    def __post_init__(self) -> None:
        checks.argument_type("source_dir", self.source_dir, (str, Path))
        checks.argument_type("hyperparameters", self.hyperparameters, Mapping)
        checks.raise_problems(
            [
                *self._script_problems(),
                *self._compute_problems(),
                *self._hyperparameter_problems(),
                *self._gate_problems(),
            ]
        )

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
        yield checks.matches(
            "framework_version",
            self.framework_version,
            r"\d[\w.]*-\d[\w.-]*",
            code="InvalidFrameworkVersion",
            rule="look like '<version>-<build>'",
            fix="use a version that AWS publishes an image for, such as '1.9-0'",
        )
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

    def _hyperparameter_problems(self) -> Iterator[Problem | None]:
        taken = {name: name for name in PARAMETER_NAMES}
        for name, value in self.hyperparameters.items():
            path = f"hyperparameters[{name!r}]"
            yield checks.matches(
                path,
                str(name),
                r"[A-Za-z][A-Za-z0-9_-]{0,255}",
                code="InvalidHyperparameterName",
                rule="have a name of letters, digits, '_' and '-' that starts with a letter",
                fix="rename it here and in the training script",
            )
            if not isinstance(value, str | int | float) or (
                isinstance(value, float) and not math.isfinite(value)
            ):
                yield Problem(
                    code="InvalidHyperparameterValue",
                    parameter=path,
                    rule="be a string, a finite number or a bool",
                    value=value,
                    fix="pass structured values as a JSON string",
                )
            clash = taken.setdefault(parameter_name(str(name)), str(name))
            if clash != name:
                yield Problem(
                    code="HyperparameterNameTaken",
                    parameter=path,
                    rule="become a pipeline parameter of its own",
                    value=parameter_name(str(name)),
                    fix=f"rename it: {clash!r} has that parameter already",
                )

    def _gate_problems(self) -> Iterator[Problem | None]:
        yield checks.one_of(
            "problem_type",
            self.problem_type,
            tuple(METRIC_GROUPS),
            code="InvalidProblemType",
            fix="choose the one that says what the model predicts",
        )
        yield checks.matches(
            "metric_name",
            self.metric_name,
            r"[A-Za-z0-9_]+",
            code="InvalidMetricName",
            rule="be letters, digits and '_'",
            fix="use the key that the evaluation writes, such as 'accuracy', 'auc' or 'rmse'",
        )
        yield checks.finite(
            "metric_threshold",
            self.metric_threshold,
            code="InvalidMetricThreshold",
            fix="give the value that a model must reach to be registered",
        )
        yield checks.one_of(
            "metric_objective",
            self.metric_objective,
            _OBJECTIVES,
            code="InvalidMetricObjective",
            fix="use 'Maximize' if more is better",
        )
        yield checks.one_of(
            "approval_status",
            self.approval_status,
            _APPROVAL_STATUSES,
            code="InvalidApprovalStatus",
            fix="use 'PendingManualApproval' unless every passing model may go live unseen",
        )
