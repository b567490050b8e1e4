"""Processing steps: a container's command between S3 inputs and S3 outputs.

Run as one host whatever ``InstanceCount`` says, on this machine whatever the instance type, and always in
``File``
mode: outputs are uploaded when the job has succeeded.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.local.execution import transfer
from cdk_sagemaker_mlops.local.execution.cached_job import reuse_or_run
from cdk_sagemaker_mlops.local.execution.failures import RefusedStepError
from cdk_sagemaker_mlops.local.execution.interfaces import Storage
from cdk_sagemaker_mlops.local.execution.job import Job
from cdk_sagemaker_mlops.local.execution.step_context import StepContext, StepResult


def run_processing(arguments: dict[str, Any], context: StepContext) -> StepResult:
    """Runs one processing job.

    Args:
        arguments: A CreateProcessingJob request, its references resolved.
        context: The step's surroundings.

    Raises:
        StepFailedError: The job failed, or asks for what is not emulated.
        StepStoppedError: The execution was stopped.
    """
    application = arguments["AppSpecification"]
    entry_point = application.get("ContainerEntrypoint")
    if not entry_point:
        raise RefusedStepError(
            "AppSpecification.ContainerEntrypoint must be given, because an image's own entry point is not "
            "known locally; set it"
        )
    job = Job(context, kind="ProcessingJob", arn_kind="processing-job")
    outputs = [_output(entry) for entry in arguments.get("ProcessingOutputConfig", {}).get("Outputs", [])]
    _stage(arguments, job)
    for output in outputs:
        job.path(output["LocalPath"])

    def run() -> tuple[dict[str, Any], dict[str, str]]:
        job.run(
            [*entry_point, *application.get("ContainerArguments", [])],
            environment={"PROCESSING_JOB_NAME": job.name, **arguments.get("Environment", {})},
            stopping_condition=arguments.get("StoppingCondition", {}),
            failure_file="/opt/ml/output/message",
        )
        stored: dict[str, str] = {}
        for output in outputs:
            stored |= transfer.upload(context.storage, job.path(output["LocalPath"]), output["S3Uri"])
        named = {"ProcessingJobName": job.name, "ProcessingJobArn": job.arn}
        return {**arguments, **named, "ProcessingJobStatus": "Completed"}, stored

    return reuse_or_run(arguments, context, metadata=job.metadata, run=run)


def _stage(arguments: dict[str, Any], job: Job) -> None:
    """Writes the job's configuration files and fetches its inputs."""
    cluster = arguments.get("ProcessingResources", {}).get("ClusterConfig", {})
    job.write_config(
        "/opt/ml/config",
        {
            "processingjobconfig": {
                "ProcessingJobArn": job.arn,
                "ProcessingJobName": job.name,
                **arguments,
            },
            "resourceconfig": job.resource_config(cluster.get("InstanceType", "local")),
        },
    )
    for entry in arguments.get("ProcessingInputs", []):
        _fetch_input(entry, job)


def read_property_file(
    name: str, *, step: dict[str, Any], properties: dict[str, Any], storage: Storage
) -> Any:
    """Returns the JSON document of a property file that a finished processing step wrote.

    Args:
        name: Name of the property file.
        step: The step as the definition words it.
        properties: The step's properties.
        storage: Where its outputs are.

    Raises:
        StepFailedError: The step declares no such file, did not write it, or it is not JSON.
    """
    declared = {item["PropertyFileName"]: item for item in step.get("PropertyFiles", [])}
    if name not in declared:
        known = ", ".join(map(repr, declared)) or "none"
        raise RefusedStepError(
            f"property file {name!r} must be one that step {step['Name']!r} declares ({known})"
        )
    file = declared[name]
    outputs = properties.get("ProcessingOutputConfig", {}).get("Outputs", [])
    found = [item["S3Output"]["S3Uri"] for item in outputs if item["OutputName"] == file["OutputName"]]
    if not found:
        raise RefusedStepError(
            f"property file {name!r} must name an output of step {step['Name']!r}, got {file['OutputName']!r}"
        )
    return read_json(storage, f"{found[0].rstrip('/')}/{file['FilePath'].lstrip('/')}")


def read_json(storage: Storage, s3_uri: str) -> Any:
    """Returns the JSON document that one object holds.

    Raises:
        StepFailedError: There is no such object, or it is not JSON.
    """
    if s3_uri not in storage.list(s3_uri):
        raise RefusedStepError(
            f"there is no object {s3_uri!r}; the step must write this file into its output"
        )
    with tempfile.TemporaryDirectory(prefix="property-file-") as folder:
        path = Path(folder) / "document.json"
        storage.download(s3_uri, path)
        try:
            return json.loads(path.read_bytes())
        except ValueError as error:
            raise RefusedStepError(f"{s3_uri!r} must hold JSON: {error}") from error


def _fetch_input(entry: dict[str, Any], job: Job) -> None:
    source = entry.get("S3Input")
    if source is None:
        raise RefusedStepError(
            f"processing input {entry['InputName']!r} must be an S3Input, because others are not "
            "emulated locally; read the data from S3"
        )
    _require(entry["InputName"], "S3DataType", source.get("S3DataType", "S3Prefix"), "S3Prefix")
    _require(entry["InputName"], "S3InputMode", source.get("S3InputMode", "File"), "File")
    _require(entry["InputName"], "S3CompressionType", source.get("S3CompressionType", "None"), "None")
    transfer.download(job.context.storage, source["S3Uri"], job.path(source["LocalPath"]))


def _require(name: str, option: str, value: str, emulated: str) -> None:
    if value != emulated:
        raise RefusedStepError(
            f"{option} of processing input {name!r} must be {emulated!r}, got {value!r}; "
            "others are not emulated locally"
        )


def _output(entry: dict[str, Any]) -> dict[str, Any]:
    if "S3Output" not in entry:
        raise RefusedStepError(
            f"processing output {entry['OutputName']!r} must be an S3Output, because "
            "FeatureStoreOutput is not emulated locally; write the data to S3"
        )
    output: dict[str, Any] = entry["S3Output"]
    return output
