"""Training steps: the toolkit's script mode, or the container's command as given.

Without ``AlgorithmSpecification.ContainerEntrypoint`` a job runs as in AWS's framework containers: the
``sagemaker-training`` toolkit fetches ``sagemaker_submit_directory`` and runs ``sagemaker_program``. With
one, as the SDK's ``ModelTrainer(source_code=...)`` writes it, that command runs.

Run as one host whatever ``InstanceCount`` says, on this machine whatever the instance type, and not on spot
capacity; checkpoints stay in the job's folder.
"""

from __future__ import annotations

import json
import sys
import tarfile
from typing import Any

from cdk_sagemaker_mlops.local.execution import transfer
from cdk_sagemaker_mlops.local.execution.cached_job import reuse_or_run
from cdk_sagemaker_mlops.local.execution.failures import RefusedStepError
from cdk_sagemaker_mlops.local.execution.job import Job
from cdk_sagemaker_mlops.local.execution.references import as_text
from cdk_sagemaker_mlops.local.execution.step_context import StepContext, StepResult

_SUBMIT_DIRECTORY = "sagemaker_submit_directory"


def run_training(arguments: dict[str, Any], context: StepContext) -> StepResult:
    """Runs one training job.

    Args:
        arguments: A CreateTrainingJob request, its references resolved.
        context: The step's surroundings.

    Raises:
        StepFailedError: The job failed, or asks for what is not emulated.
        StepStoppedError: The execution was stopped.
    """
    job = Job(context, kind="TrainingJob", arn_kind="training-job")
    command = _stage(arguments, job)

    def run() -> tuple[dict[str, Any], dict[str, str]]:
        job.run(
            command,
            environment={
                **arguments.get("Environment", {}),
                "TRAINING_JOB_NAME": job.name,
                "TRAINING_JOB_ARN": job.arn,
                "SAGEMAKER_BASE_DIR": "/opt/ml",
                # The toolkit would wait for the name of its host to resolve.
                "SM_STUDIO_LOCAL_MODE": "true",
            },
            stopping_condition=arguments.get("StoppingCondition", {}),
            failure_file="/opt/ml/output/failure",
        )
        model, stored = _upload_outputs(arguments["OutputDataConfig"], job)
        return {**arguments, **_completed(job, model)}, stored

    return reuse_or_run(arguments, context, metadata=job.metadata, run=run)


def _completed(job: Job, model: str) -> dict[str, Any]:
    """Returns what DescribeTrainingJob says of a finished job beside its request."""
    return {
        "TrainingJobName": job.name,
        "TrainingJobArn": job.arn,
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "ModelArtifacts": {"S3ModelArtifacts": model},
    }


def _stage(arguments: dict[str, Any], job: Job) -> list[Any]:
    """Lays out the job's folder; returns the command to run in it."""
    # The folder for intermediate output exists on SageMaker too: it tells the toolkit to leave uploading to
    # others.
    for name in ("model", "code", "checkpoints", "output/data", "output/intermediate", "input/data"):
        job.path(f"/opt/ml/{name}")
    channels = arguments.get("InputDataConfig", [])
    for channel in channels:
        _fetch_channel(channel, job)
    hyperparameters = {name: as_text(value) for name, value in arguments.get("HyperParameters", {}).items()}
    algorithm = arguments["AlgorithmSpecification"]
    entry_point = algorithm.get("ContainerEntrypoint")
    if entry_point:
        command = [*entry_point, *algorithm.get("ContainerArguments", [])]
    else:
        hyperparameters = _stage_code(hyperparameters, job)
        command = [sys.executable, "-m", "sagemaker_training.cli.train"]
    instance = arguments.get("ResourceConfig", {}).get("InstanceType", "local")
    job.write_config(
        "/opt/ml/input/config",
        {
            "hyperparameters": hyperparameters,
            "inputdataconfig": {channel["ChannelName"]: _channel_config(channel) for channel in channels},
            "resourceconfig": job.resource_config(instance),
        },
    )
    return command


def _fetch_channel(channel: dict[str, Any], job: Job) -> None:
    name = channel["ChannelName"]
    source = channel["DataSource"].get("S3DataSource")
    if source is None:
        raise RefusedStepError(
            f"channel {name!r} must read from S3, because other sources are not emulated locally; "
            "use DataSource.S3DataSource"
        )
    for option, value, emulated in (
        ("S3DataType", source.get("S3DataType", "S3Prefix"), ("S3Prefix",)),
        ("InputMode", channel.get("InputMode", "File"), ("File", "FastFile")),
        ("CompressionType", channel.get("CompressionType", "None"), ("None",)),
    ):
        if value not in emulated:
            raise RefusedStepError(
                f"{option} of channel {name!r} must be {' or '.join(map(repr, emulated))}, "
                f"got {value!r}; others are not emulated locally"
            )
    transfer.download(job.context.storage, source["S3Uri"], job.path(f"/opt/ml/input/data/{name}"))


def _channel_config(channel: dict[str, Any]) -> dict[str, str]:
    config = {
        "TrainingInputMode": channel.get("InputMode", "File"),
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    return {**config, "ContentType": channel["ContentType"]} if channel.get("ContentType") else config


def _stage_code(hyperparameters: dict[str, str], job: Job) -> dict[str, str]:
    """Downloads the script's archive, and points the toolkit at the file.

    The toolkit would fetch it by boto3; from a file, a job needs neither network nor credentials, and the
    text of its members can be rewritten where ``/opt/ml`` cannot be mounted.
    """
    for name in ("sagemaker_program", _SUBMIT_DIRECTORY):
        if name not in hyperparameters:
            raise RefusedStepError(
                f"the hyperparameter {name!r} must be given when ContainerEntrypoint is not, because "
                "an image's own algorithm is not emulated locally; run your script in script mode"
            )
    uri = _unquoted(hyperparameters[_SUBMIT_DIRECTORY])
    if not uri.startswith("s3://"):
        raise RefusedStepError(
            f"{_SUBMIT_DIRECTORY} must be the S3 URI of an archive, got {uri!r}; upload the code"
        )
    path = job.path("/opt/ml/input") / "sourcedir.tar.gz"
    if uri not in job.context.storage.list(uri):
        raise RefusedStepError(f"{_SUBMIT_DIRECTORY} must exist, got {uri!r}; upload the code")
    job.context.storage.download(uri, path)
    try:
        with tarfile.open(path, "r:gz"):
            pass
    except tarfile.TarError as error:
        raise RefusedStepError(
            f"{_SUBMIT_DIRECTORY} must be a gzip-compressed tar archive, got {uri!r} ({error}); "
            "pack the code with 'tar -czf'"
        ) from error
    return {**hyperparameters, _SUBMIT_DIRECTORY: "/opt/ml/input/sourcedir.tar.gz"}


def _unquoted(value: str) -> str:
    """Returns a hyperparameter's text; SageMaker's older SDK writes it as a JSON string."""
    return str(json.loads(value)) if value.startswith('"') else value


def _upload_outputs(config: dict[str, Any], job: Job) -> tuple[str, dict[str, str]]:
    """Uploads the model and the output data as SageMaker lays them out.

    Returns:
        The model's S3 URI, and the digest of each object stored.
    """
    prefix = f"{config['S3OutputPath'].rstrip('/')}/{job.name}/output"
    model, data = job.path("/opt/ml/model"), job.path("/opt/ml/output/data")
    storage = job.context.storage
    if config.get("CompressionType") == "NONE":
        stored = transfer.upload(storage, model, f"{prefix}/model/")
        stored |= transfer.upload(storage, data, f"{prefix}/data/")
        return f"{prefix}/model/", stored
    stored = {}
    for folder, name in ((model, "model.tar.gz"), (data, "output.tar.gz")):
        if folder is data and not any(data.iterdir()):
            continue
        archive = job.folder / name
        # Compressed lightly: a model of hundreds of megabytes is archived at each run.
        with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
            for path in sorted(folder.iterdir()):
                tar.add(path, arcname=path.name)
        storage.upload(archive, f"{prefix}/{name}")
        stored[f"{prefix}/{name}"] = transfer.file_digest(archive)
        archive.unlink()
    return f"{prefix}/model.tar.gz", stored
