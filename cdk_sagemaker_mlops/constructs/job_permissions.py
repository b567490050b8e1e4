"""What the steps need that run SageMaker jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aws_cdk import ArnFormat
from aws_cdk import aws_iam as iam

from cdk_sagemaker_mlops.config.processing import MODEL_PACKAGE_GROUP_NAME
from cdk_sagemaker_mlops.constructs.defined_steps import ANY, DefinedSteps
from cdk_sagemaker_mlops.constructs.sagemaker_names import arns

# Step type to (name of the job's API noun, ARN resource, how SageMaker names its jobs). Names are
# "pipelines-<execution id>-<step>-<suffix>"; those of tuning and AutoML jobs have 32 characters at most,
# which do not hold that form.
_JOBS: Mapping[str, tuple[str, str, str]] = {
    "AutoML": ("AutoMLJob", "automl-job", ANY),
    "ClarifyCheck": ("ProcessingJob", "processing-job", "pipelines-*"),
    "Job": ("Job", "job", ANY),
    "Processing": ("ProcessingJob", "processing-job", "pipelines-*"),
    "QualityCheck": ("ProcessingJob", "processing-job", "pipelines-*"),
    "Training": ("TrainingJob", "training-job", "pipelines-*"),
    "Transform": ("TransformJob", "transform-job", "pipelines-*"),
    "Tuning": ("HyperParameterTuningJob", "hyper-parameter-tuning-job", ANY),
}
_LOGS: Mapping[str, tuple[str, str]] = {
    "AutoML": ("TrainingJobs", ANY),
    "ClarifyCheck": ("ProcessingJobs", "pipelines-*"),
    "Processing": ("ProcessingJobs", "pipelines-*"),
    "QualityCheck": ("ProcessingJobs", "pipelines-*"),
    "Training": ("TrainingJobs", "pipelines-*"),
    "Transform": ("TransformJobs", "pipelines-*"),
    "Tuning": ("TrainingJobs", ANY),
}
_ROLES = ("RoleArn", "ExecutionRoleArn")
_SERVICES_OF_THEIR_OWN = frozenset({"EMR", "EMRServerless"})


def job_statements(defined: DefinedSteps, role: iam.IRole) -> Iterator[iam.PolicyStatement]:
    """Yields what starts, watches and stops the jobs."""
    names: dict[tuple[str, str], set[str]] = {}
    for step in defined.of(*_JOBS):
        noun, resource, pattern = _JOBS[step["Type"]]
        names.setdefault((noun, resource), set()).update(_job_names(defined, step, noun, pattern))
    for (noun, resource), patterns in sorted(names.items()):
        verbs = ("Create", "Describe", "Stop")
        actions = [*(f"sagemaker:{verb}{noun}" for verb in verbs), "sagemaker:AddTags"]
        if noun == "HyperParameterTuningJob":
            actions.append("sagemaker:ListTrainingJobsForHyperParameterTuningJob")
        yield iam.PolicyStatement(
            actions=actions,
            resources=[arn for name in sorted(patterns) for arn in arns(defined.stack, resource, name)],
        )
    yield from _pass_role(defined, role, needed=bool(names))


def _job_names(defined: DefinedSteps, step: dict[str, object], noun: str, pattern: str) -> set[str]:
    """A job whose step names it is called "<that name>-<suffix>"."""
    arguments = step.get("Arguments")
    own = arguments.get(f"{noun}Name") if isinstance(arguments, dict) else None
    return {pattern} if own is None else {f"{defined.text(own)}*".replace("**", "*")}


def _pass_role(defined: DefinedSteps, role: iam.IRole, *, needed: bool) -> Iterator[iam.PolicyStatement]:
    if not needed and not defined.of("Model", "EndpointConfig"):
        return
    others = {
        defined.text(value)
        for step in defined.steps
        if step["Type"] not in _SERVICES_OF_THEIR_OWN
        for name in _ROLES
        if isinstance(value := step.get("Arguments", {}).get(name), str)
    }
    yield iam.PolicyStatement(
        actions=["iam:PassRole"],
        resources=[role.role_arn, *sorted(others - {role.role_arn})],
        conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    )


def log_statements(defined: DefinedSteps) -> Iterator[iam.PolicyStatement]:
    """Yields what the jobs need to write logs and metrics."""
    streams: dict[str, set[str]] = {}
    for step in defined.of(*_LOGS):
        group, pattern = _LOGS[step["Type"]]
        noun = _JOBS[step["Type"]][0]
        streams.setdefault(group, set()).update(_job_names(defined, step, noun, pattern))
    if not streams:
        return
    arn_of = {
        group: defined.stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"/aws/sagemaker/{group}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        for group in sorted(streams)
    }
    yield iam.PolicyStatement(
        actions=["logs:CreateLogGroup", "logs:DescribeLogStreams"],
        resources=[f"{arn}:*" for arn in arn_of.values()],
    )
    yield iam.PolicyStatement(
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[
            f"{arn}:log-stream:{name}" for group, arn in arn_of.items() for name in sorted(streams[group])
        ],
    )
    # PutMetricData has no resource to name; its namespace is what can be narrowed.
    yield iam.PolicyStatement(
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],
        conditions={
            "StringEquals": {"cloudwatch:namespace": [f"/aws/sagemaker/{group}" for group in arn_of]}
        },
    )


def comparison_statements(defined: DefinedSteps) -> Iterator[iam.PolicyStatement]:
    """Yields what finds a group's newest approved package, to compare with it.

    Quality and Clarify checks take their baseline from it, and a processing job is told the group by its
    environment.
    """
    checks = (step.get("ModelPackageGroupName") for step in defined.of("QualityCheck", "ClarifyCheck"))
    jobs = (
        step.get("Arguments", {}).get("Environment", {}).get(MODEL_PACKAGE_GROUP_NAME)
        for step in defined.of("Processing")
    )
    groups = defined.texts([*checks, *jobs])
    if groups:
        # Lists have no resource to narrow them to.
        yield iam.PolicyStatement(actions=["sagemaker:ListModelPackages"], resources=["*"])
        yield iam.PolicyStatement(
            actions=["sagemaker:DescribeModelPackage"],
            resources=[
                arn
                for group in groups
                for arn in arns(defined.stack, "model-package", f"{group}/*".replace("*/*", "*"))
            ],
        )


def check_statements(defined: DefinedSteps) -> Iterator[iam.PolicyStatement]:
    """Yields what Clarify checks need besides their processing jobs."""
    if any(
        step["CheckType"] in ("MODEL_BIAS", "MODEL_EXPLAINABILITY") for step in defined.of("ClarifyCheck")
    ):
        # The job asks the model through an endpoint for the time that it runs; it invents the name.
        nouns = ("endpoint", "endpoint-config")
        verbs = ("Create", "Describe", "Delete")
        yield iam.PolicyStatement(
            actions=[
                *(f"sagemaker:{verb}{noun}" for noun in ("Endpoint", "EndpointConfig") for verb in verbs),
                "sagemaker:InvokeEndpoint",
                "sagemaker:AddTags",
            ],
            resources=[arn for noun in nouns for arn in arns(defined.stack, noun, ANY)],
        )
        yield iam.PolicyStatement(
            actions=["sagemaker:DescribeModel"],
            resources=[
                arn
                for name in defined.texts(step.get("ModelName") for step in defined.of("ClarifyCheck"))
                for arn in arns(defined.stack, "model", name)
            ],
        )
