"""StandardPipeline checks its values before anything is built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.config.hyperparameters import parameter_name
from cdk_sagemaker_mlops.config.standard_pipeline import StandardPipeline
from cdk_sagemaker_mlops.errors import ValidationError


@pytest.fixture
def source_dir(tmp_path: Path) -> Path:
    for name in ("preprocess", "train", "evaluate", "inference"):
        (tmp_path / f"{name}.py").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"train_script": "fit.py"},
            "ScriptNotFound: train_script must name a file in '{dir}', got 'fit.py'; add it, or name one of the "
            "files found: evaluate.py, inference.py, preprocess.py, train.py",
        ),
        (
            {"training_instance_type": "m5.large"},
            "InvalidInstanceType: training_instance_type must look like 'ml.<family>.<size>', got 'm5.large'; "
            "use a SageMaker instance type such as 'ml.m5.large'",
        ),
        (
            {"processing_instance_type": "ml.m5"},
            "InvalidInstanceType: processing_instance_type must look like 'ml.<family>.<size>', got 'ml.m5'; "
            "use a SageMaker instance type such as 'ml.m5.large'",
        ),
        (
            {"volume_size_in_gb": 0},
            "InvalidVolumeSize: volume_size_in_gb must be 1 to 16384 GB, got 0; choose the storage that one "
            "job's data and model need",
        ),
        (
            {"max_runtime_in_seconds": 777601},
            "InvalidMaxRuntime: max_runtime_in_seconds must be 1 to 777600 seconds, got 777601; choose the time "
            "after which a job that hangs should be ended",
        ),
        (
            {"cache_expire_after": "30 days"},
            "InvalidCacheExpiry: cache_expire_after must be an ISO 8601 duration, got '30 days'; use a duration "
            "such as 'P30D' or 'PT12H'",
        ),
        (
            {"hyperparameters": {"1st": 1}},
            "InvalidHyperparameterName: hyperparameters['1st'] must have a name of letters, digits, '_' and '-' "
            "that starts with a letter, got '1st'; rename it here and in the training script",
        ),
        (
            {"hyperparameters": {"layers": [1, 2]}},
            "InvalidHyperparameterValue: hyperparameters['layers'] must be a string, a finite number or a bool, "
            "got [1, 2]; pass structured values as a JSON string",
        ),
        (
            {"hyperparameters": {"rate": float("nan")}},
            "InvalidHyperparameterValue: hyperparameters['rate'] must be a string, a finite number or a bool, "
            "got nan; pass structured values as a JSON string",
        ),
        (
            {"hyperparameters": {"metric_threshold": 1}},
            "HyperparameterNameTaken: hyperparameters['metric_threshold'] must become a pipeline parameter of "
            "its own, got 'MetricThreshold'; rename it: 'MetricThreshold' has that parameter already",
        ),
        (
            {"hyperparameters": {"max_iter": 1, "max-iter": 2}},
            "HyperparameterNameTaken: hyperparameters['max-iter'] must become a pipeline parameter of its own, "
            "got 'MaxIter'; rename it: 'max_iter' has that parameter already",
        ),
        (
            {"problem_type": "Classification"},
            "InvalidProblemType: problem_type must be one of 'BinaryClassification', "
            "'MulticlassClassification', 'Regression', got 'Classification'; choose the one that says what the "
            "model predicts",
        ),
        (
            {"metric_name": "f1 score"},
            "InvalidMetricName: metric_name must be letters, digits and '_', got 'f1 score'; use the key that "
            "the evaluation writes, such as 'accuracy', 'auc' or 'rmse'",
        ),
        (
            {"metric_threshold": float("inf")},
            "InvalidMetricThreshold: metric_threshold must be a finite number, got inf; give the value that a "
            "model must reach to be registered",
        ),
        (
            {"metric_objective": "max"},
            "InvalidMetricObjective: metric_objective must be one of 'Maximize', 'Minimize', got 'max'; use "
            "'Maximize' if more is better",
        ),
        (
            {"approval_status": "Pending"},
            "InvalidApprovalStatus: approval_status must be one of 'PendingManualApproval', 'Approved', "
            "'Rejected', got 'Pending'; use 'PendingManualApproval' unless every passing model may go live unseen",
        ),
        (
            {"framework_version": "latest"},
            "InvalidFrameworkVersion: framework_version must look like '<version>-<build>', got 'latest'; use a "
            "version that AWS publishes an image for, such as '1.9-0'",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_fails_with_what_to_do(source_dir: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        StandardPipeline(source_dir=source_dir, **options)

    assert str(raised.value) == message.replace("{dir}", str(source_dir))


def test_fails_when_the_folder_does_not_exist() -> None:
    with pytest.raises(ValidationError) as raised:
        StandardPipeline(source_dir="no/such/folder")

    assert str(raised.value) == (
        "SourceDirNotFound: source_dir must be an existing folder, got 'no/such/folder'; give a path that exists "
        f"from the working directory {str(Path.cwd())!r}"
    )


def test_fails_with_every_problem_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValidationError) as raised:
        StandardPipeline(source_dir=tmp_path, volume_size_in_gb=-1)

    lines = str(raised.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["ScriptNotFound"] * 4 + ["InvalidVolumeSize"]
    assert lines[0].endswith("name one of the files found: none")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source_dir": None}, "type of argument source_dir must be str or Path; got NoneType instead"),
        (
            {"hyperparameters": [("c", 1)]},
            "type of argument hyperparameters must be Mapping; got list instead",
        ),
    ],
)
def test_fails_on_a_wrong_type(source_dir: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as raised:
        StandardPipeline(**{"source_dir": source_dir, **options})

    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("hyperparameter", "parameter"),
    [("max_iter", "MaxIter"), ("c", "C"), ("l1-ratio", "L1Ratio"), ("nEstimators", "NEstimators")],
)
def test_hyperparameters_become_pascal_case_parameters(hyperparameter: str, parameter: str) -> None:
    assert parameter_name(hyperparameter) == parameter
