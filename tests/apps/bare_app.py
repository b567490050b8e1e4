"""CDK apps that write their cloud assembly themselves: they synthesise in a moment, because nothing is imported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

APP = """
import json, os, pathlib

folder = pathlib.Path(os.environ["CDK_OUTDIR"])
folder.mkdir(parents=True, exist_ok=True)
artifacts = {}
for name, template in json.loads(pathlib.Path("templates.json").read_text()).items():
    (folder / f"{name}.template.json").write_text(json.dumps(template))
    artifacts[name] = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/unknown-region",
        "properties": {"templateFile": f"{name}.template.json"},
    }
version = pathlib.Path("schema.txt").read_text()
(folder / "manifest.json").write_text(json.dumps({"version": version, "artifacts": artifacts}))
"""
ROLE = "arn:aws:iam::000000000000:role/any"


def write_bare_app(folder: Path, templates: dict[str, Any], *, schema: str = "36.0.0") -> Path:
    """Writes an app with these stacks.

    Args:
        folder: The app's folder; made.
        templates: A template for each stack's name.
        schema: Version of the cloud assembly's schema that the app claims to write.
    """
    folder.mkdir(parents=True)
    (folder / "cdk.json").write_text('{"app": "python app.py"}')
    (folder / "app.py").write_text(APP)
    (folder / "templates.json").write_text(json.dumps(templates))
    (folder / "schema.txt").write_text(schema)
    return folder


def bucket(name: str) -> dict[str, Any]:
    """A template of one bucket."""
    return {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}}}


def job(code: str, name: str = "Job", **step: Any) -> dict[str, Any]:
    """A Processing step that runs Python code."""
    arguments = {
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
        },
        "AppSpecification": {
            "ImageUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/any:1",
            "ContainerEntrypoint": ["python3", "-c", code],
        },
        "RoleArn": ROLE,
    }
    return {"Name": name, "Type": "Processing", "Arguments": arguments, **step}


def pipeline(steps: list[dict[str, Any]], *, stack: str = "Only", endpoint: bool = False) -> dict[str, Any]:
    """A template of one pipeline, with the outputs by which the commands find it.

    Args:
        steps: The definition's steps.
        stack: Name of the stack.
        endpoint: Whether it claims to have an endpoint; there is none.
    """
    definition = {"Version": "2020-12-01", "Parameters": [], "Steps": steps}
    outputs = {"PipelineName": f"{stack}-pipeline", "ModelPackageGroupName": f"{stack}-group"}
    if endpoint:
        outputs["EndpointName"] = f"{stack}-endpoint"
    return {
        "Resources": {
            "Group": {
                "Type": "AWS::SageMaker::ModelPackageGroup",
                # As the library's own: a group that holds model packages cannot be deleted.
                "DeletionPolicy": "Retain",
                "Properties": {"ModelPackageGroupName": f"{stack}-group"},
            },
            "Pipeline": {
                "Type": "AWS::SageMaker::Pipeline",
                "Properties": {
                    "PipelineName": f"{stack}-pipeline",
                    "PipelineDefinition": {"PipelineDefinitionBody": json.dumps(definition)},
                    "RoleArn": ROLE,
                },
            },
        },
        "Outputs": {
            attribute: {
                "Value": value,
                "Description": f"{attribute} of {stack}/Mlops (cdk-sagemaker-mlops)",
            }
            for attribute, value in outputs.items()
        },
    }
