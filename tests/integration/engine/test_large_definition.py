"""A definition too large for its template, deployed to the artifact bucket, on a running engine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, DefaultStackSynthesizer, Stack

from cdk_sagemaker_mlops import PipelineContext, TrainingPipeline
from cdk_sagemaker_mlops.constructs.definition_location import LARGEST_BODY

_ASSETS = "assets-of-large"
_STEPS, _PADDING = 40, "word " * 500


def _stack(app: App) -> Stack:
    synthesizer = DefaultStackSynthesizer(
        file_assets_bucket_name=_ASSETS, generate_bootstrap_version_rule=False
    )
    stack = Stack(app, "Large", synthesizer=synthesizer)
    team = CfnParameter(stack, "Team", default="churn").value_as_string

    def many_steps(ctx: PipelineContext) -> Any:
        from sagemaker.mlops.workflow.fail_step import FailStep
        from sagemaker.mlops.workflow.pipeline import Pipeline

        text = f"{ctx.role_arn} {ctx.bucket} {ctx.region} {ctx.placeholder(team)} {_PADDING}"
        steps = [FailStep(name=f"Fail{number}", error_message=text) for number in range(_STEPS)]
        return Pipeline(ctx.pipeline_name, parameters=[], steps=steps, sagemaker_session=ctx.session)

    TrainingPipeline(
        stack, "Training", pipeline=many_steps, model_package_group_name="large", pipeline_name="Large"
    )
    return stack


def _publish(aws: Any, assembly: Path) -> str:
    """Uploads the assets as the CDK CLI does; gives the template."""
    aws.s3.create_bucket(Bucket=_ASSETS)
    for asset in json.loads((assembly / "Large.assets.json").read_text())["files"].values():
        source, (destination,) = assembly / asset["source"]["path"], asset["destinations"].values()
        if asset["source"]["packaging"] == "zip":
            source = Path(shutil.make_archive(str(source), "zip", source))
        aws.s3.upload_file(str(source), _ASSETS, destination["objectKey"])
    return (assembly / "Large.template.json").read_text()


@pytest.mark.long
def test_a_large_definition_is_read_from_the_bucket_with_its_values_in_it(aws: Any, tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    _stack(app)
    template = json.loads(_publish(aws, Path(app.synth().directory)))
    aws.cloudformation.create_stack(
        StackName="large",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "Team", "ParameterValue": "retention"}],
    )
    stack = aws.until(lambda: _at_rest(aws), 60)

    assert stack["StackStatus"] == "CREATE_COMPLETE", aws.reasons("large")
    described = aws.sagemaker.describe_pipeline(PipelineName="Large")
    text = described["PipelineDefinition"]
    assert len(text) > LARGEST_BODY > len(json.dumps(template))
    assert "<<token" not in text
    physical = {
        resource["ResourceType"]: resource["PhysicalResourceId"]
        for resource in aws.cloudformation.describe_stack_resources(StackName="large")["StackResources"]
        if resource["LogicalResourceId"].startswith("Training")
    }
    said = f"{described['RoleArn']} {physical['AWS::S3::Bucket']} us-east-1 retention {_PADDING}"
    assert [step["Arguments"]["ErrorMessage"] for step in json.loads(text)["Steps"]] == [said] * _STEPS

    execution = aws.sagemaker.start_pipeline_execution(PipelineName="Large")["PipelineExecutionArn"]

    def failed() -> bool:
        described = aws.sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
        return bool(described["PipelineExecutionStatus"] == "Failed")

    aws.until(failed)
    aws.remove("large")


def _at_rest(aws: Any) -> dict[str, Any] | None:
    stack: dict[str, Any] = aws.cloudformation.describe_stacks(StackName="large")["Stacks"][0]
    return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack
