"""One change to a valid step's arguments, against the service's model: each is caught where it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cdk_sagemaker_mlops.errors import Problem

GONE = "<gone>"
A = "Arguments"
RESOURCES = (A, "ResourceConfig")
CHANNEL = (A, "InputDataConfig", 0)
S3_INPUT = (A, "ProcessingInputs", 0, "S3Input")
CLUSTER = (A, "ProcessingResources", "ClusterConfig")
MODEL = (A, "InferenceSpecification")
TUNING = (A, "HyperParameterTuningJobConfig")
SPOT, TRAIN = "train_on_spot_in_a_vpc", "pipeline.steps[Train].Arguments"
EVALUATE = "pipeline.steps[Preprocess].Arguments"
REGISTER = "pipeline.steps[RegisterModel].Arguments"
TUNE = "pipeline.steps[Tune].Arguments"

# id: source, step, where, value, code, path
MUTATIONS: dict[str, tuple[str, str, tuple[Any, ...], Any, str, str]] = {
    "misspelt member": (
        "standard", "Train", (*RESOURCES, "VolumeSizeInGb"), 30,
        "UnknownMember", f"{TRAIN}.ResourceConfig.VolumeSizeInGb",
    ),
    "unknown member at the top": (
        "standard", "Train", (A, "Foo"), "x", "UnknownMember", f"{TRAIN}.Foo",
    ),
    "member of another operation": (
        "standard", "Preprocess", (A, "HyperParameters"), {}, "UnknownMember", f"{EVALUATE}.HyperParameters",
    ),
    "missing role": ("standard", "Train", (A, "RoleArn"), GONE, "MissingMember", f"{TRAIN}.RoleArn"),
    "null role": ("standard", "Train", (A, "RoleArn"), None, "MissingMember", f"{TRAIN}.RoleArn"),
    "missing output": (
        "standard", "Train", (A, "OutputDataConfig"), GONE, "MissingMember", f"{TRAIN}.OutputDataConfig",
    ),
    "missing channel name": (
        "standard", "Train", (*CHANNEL, "ChannelName"), GONE,
        "MissingMember", f"{TRAIN}.InputDataConfig[0].ChannelName",
    ),
    "missing image": (
        "standard", "Preprocess", (A, "AppSpecification", "ImageUri"), GONE,
        "MissingMember", f"{EVALUATE}.AppSpecification.ImageUri",
    ),
    "missing cluster": (
        "standard", "Preprocess", CLUSTER, GONE,
        "MissingMember", f"{EVALUATE}.ProcessingResources.ClusterConfig",
    ),
    "string for an integer": (
        "standard", "Train", (*RESOURCES, "VolumeSizeInGB"), "30",
        "WrongType", f"{TRAIN}.ResourceConfig.VolumeSizeInGB",
    ),
    "boolean for an integer": (
        "standard", "Train", (*RESOURCES, "InstanceCount"), True,
        "WrongType", f"{TRAIN}.ResourceConfig.InstanceCount",
    ),
    "fraction for an integer": (
        "standard", "Train", (*RESOURCES, "InstanceCount"), 1.5,
        "WrongType", f"{TRAIN}.ResourceConfig.InstanceCount",
    ),
    "integer for a string": (
        "standard", "Train", (A, "HyperParameters", "depth"), 3, "WrongType", f"{TRAIN}.HyperParameters.depth",
    ),
    "string for a boolean": (
        SPOT, "Train", (A, "EnableManagedSpotTraining"), "true",
        "WrongType", f"{TRAIN}.EnableManagedSpotTraining",
    ),
    "object for a list": (
        "standard", "Train", (A, "InputDataConfig"), {}, "WrongType", f"{TRAIN}.InputDataConfig",
    ),
    "list for an object": ("standard", "Train", RESOURCES, [], "WrongType", f"{TRAIN}.ResourceConfig"),
    "list for a map": (
        "standard", "Train", (A, "HyperParameters"), ["a"], "WrongType", f"{TRAIN}.HyperParameters",
    ),
    "string for a list": (
        SPOT, "Train", (A, "VpcConfig", "Subnets"), "subnet-1", "WrongType", f"{TRAIN}.VpcConfig.Subnets",
    ),
    "arguments that are no object": ("standard", "Train", (A,), [], "WrongType", TRAIN),
    "number below its range": (
        "standard", "Train", (*RESOURCES, "VolumeSizeInGB"), -1,
        "OutOfRange", f"{TRAIN}.ResourceConfig.VolumeSizeInGB",
    ),
    "number above its range": (
        "standard", "Preprocess", (*CLUSTER, "VolumeSizeInGB"), 16385,
        "OutOfRange", f"{EVALUATE}.ProcessingResources.ClusterConfig.VolumeSizeInGB",
    ),
    "no instances": (
        "standard", "Preprocess", (*CLUSTER, "InstanceCount"), 0,
        "OutOfRange", f"{EVALUATE}.ProcessingResources.ClusterConfig.InstanceCount",
    ),
    "no time to run": (
        "standard", "Train", (A, "StoppingCondition", "MaxRuntimeInSeconds"), 0,
        "OutOfRange", f"{TRAIN}.StoppingCondition.MaxRuntimeInSeconds",
    ),
    "warm pool longer than it may be": (
        "standard", "Train", (*RESOURCES, "KeepAlivePeriodInSeconds"), 21601,
        "OutOfRange", f"{TRAIN}.ResourceConfig.KeepAlivePeriodInSeconds",
    ),
    "enum value in the wrong case": (
        "standard", "Preprocess", (*S3_INPUT, "S3InputMode"), "file",
        "InvalidValue", f"{EVALUATE}.ProcessingInputs[0].S3Input.S3InputMode",
    ),
    "distribution type that is none": (
        "standard", "Preprocess", (*S3_INPUT, "S3DataDistributionType"), "Sharded",
        "InvalidValue", f"{EVALUATE}.ProcessingInputs[0].S3Input.S3DataDistributionType",
    ),
    "approval status that is none": (
        "standard", "RegisterModel", (A, "ModelApprovalStatus"), "Accepted",
        "InvalidValue", f"{REGISTER}.ModelApprovalStatus",
    ),
    "model validation that is neither": (
        "standard", "RegisterModel", (A, "SkipModelValidation"), "Some",
        "InvalidValue", f"{REGISTER}.SkipModelValidation",
    ),
    "input mode that is none": (
        "standard", "Train", (*CHANNEL, "InputMode"), "Stream",
        "InvalidValue", f"{TRAIN}.InputDataConfig[0].InputMode",
    ),
    "role that is no ARN": ("standard", "Train", (A, "RoleArn"), "my-execution-role-name", "PatternMismatch", f"{TRAIN}.RoleArn"),
    "URI without a scheme": (
        "standard", "Train", (A, "OutputDataConfig", "S3OutputPath"), "bucket/models",
        "PatternMismatch", f"{TRAIN}.OutputDataConfig.S3OutputPath",
    ),
    "channel name with a space": (
        "standard", "Train", (*CHANNEL, "ChannelName"), "my train",
        "PatternMismatch", f"{TRAIN}.InputDataConfig[0].ChannelName",
    ),
    "environment variable with a dash": (
        SPOT, "Train", (A, "Environment", "LOG-LEVEL"), "INFO", "PatternMismatch", f"{TRAIN}.Environment[LOG-LEVEL]",
    ),
    "subnet with a space": (
        SPOT, "Train", (A, "VpcConfig", "Subnets", 0), "subnet 1",
        "PatternMismatch", f"{TRAIN}.VpcConfig.Subnets[0]",
    ),
    "group name with an underscore": (
        "standard", "RegisterModel", (A, "ModelPackageGroupName"), "churn_models",
        "PatternMismatch", f"{REGISTER}.ModelPackageGroupName",
    ),
    "hyperparameter that is too long": (
        "standard", "Train", (A, "HyperParameters", "text"), "x" * 2501,
        "TooLong", f"{TRAIN}.HyperParameters.text",
    ),
    "container argument that is too long": (
        "standard", "Preprocess", (A, "AppSpecification", "ContainerArguments"), ["x" * 257],
        "TooLong", f"{EVALUATE}.AppSpecification.ContainerArguments[0]",
    ),
    "role that is too short": ("standard", "Train", (A, "RoleArn"), "arn:aws:iam", "TooShort", f"{TRAIN}.RoleArn"),
    "too many processing inputs": (
        "standard", "Preprocess", (A, "ProcessingInputs"), [{"InputName": f"i{index}"} for index in range(11)],
        "TooManyItems", f"{EVALUATE}.ProcessingInputs",
    ),
    "too many container arguments": (
        "standard", "Preprocess", (A, "AppSpecification", "ContainerArguments"), ["x"] * 101,
        "TooManyItems", f"{EVALUATE}.AppSpecification.ContainerArguments",
    ),
    "too many hyperparameters": (
        "standard", "Train", (A, "HyperParameters"), {f"p{index}": "1" for index in range(101)},
        "TooManyItems", f"{TRAIN}.HyperParameters",
    ),
    "too many tags": (
        "standard", "Train", (A, "Tags"), [{"Key": f"k{index}", "Value": "v"} for index in range(51)],
        "TooManyItems", f"{TRAIN}.Tags",
    ),
    "no security groups": (
        SPOT, "Train", (A, "VpcConfig", "SecurityGroupIds"), [], "TooFewItems", f"{TRAIN}.VpcConfig.SecurityGroupIds",
    ),
    "no containers to register": (
        "standard", "RegisterModel", (*MODEL, "Containers"), [],
        "TooFewItems", f"{REGISTER}.InferenceSpecification.Containers",
    ),
    "misspelt member of a container": (
        "standard", "RegisterModel", (*MODEL, "Containers", 0, "ModelDataURL"), "s3://b/m.tar.gz",
        "UnknownMember", f"{REGISTER}.InferenceSpecification.Containers[0].ModelDataURL",
    ),
    "tuning without limits": (
        "tuning", "Tune", (*TUNING, "ResourceLimits"), GONE,
        "MissingMember", f"{TUNE}.HyperParameterTuningJobConfig.ResourceLimits",
    ),
    "tuning by a strategy that is none": (
        "tuning", "Tune", (*TUNING, "Strategy"), "Bayes", "InvalidValue", f"{TUNE}.HyperParameterTuningJobConfig.Strategy",
    ),
    "range as a number": (
        "tuning", "Tune", (*TUNING, "ParameterRanges", "IntegerParameterRanges", 0, "MaxValue"), 8,
        "WrongType", f"{TUNE}.HyperParameterTuningJobConfig.ParameterRanges.IntegerParameterRanges[0].MaxValue",
    ),
    "tuned training without a role": (
        "tuning", "Tune", (A, "TrainingJobDefinition", "RoleArn"), GONE,
        "MissingMember", f"{TUNE}.TrainingJobDefinition.RoleArn",
    ),
    "transform without a model": (
        "transform", "Predict", (A, "ModelName"), GONE, "MissingMember", "pipeline.steps[Predict].Arguments.ModelName",
    ),
    "transform that splits by nothing known": (
        "transform", "Predict", (A, "TransformInput", "SplitType"), "Lines",
        "InvalidValue", "pipeline.steps[Predict].Arguments.TransformInput.SplitType",
    ),
    "payload above its range": (
        "transform", "Predict", (A, "MaxPayloadInMB"), -1,
        "OutOfRange", "pipeline.steps[Predict].Arguments.MaxPayloadInMB",
    ),
    "model with an unknown member": (
        "create_model", "Create", (A, "PrimaryContainer", "ModelData"), "s3://b/m.tar.gz",
        "UnknownMember", "pipeline.steps[Create].Arguments.PrimaryContainer.ModelData",
    ),
    "check without a role": (
        "data_quality_check", "DataQuality", (A, "RoleArn"), GONE,
        "MissingMember", "pipeline.steps[DataQuality].Arguments.RoleArn",
    ),
    "endpoint configuration without variants": (
        "hosting", "Config", (A, "ProductionVariants"), GONE,
        "MissingMember", "pipeline.steps[Config].Arguments.ProductionVariants",
    ),
    "Spark step without a jar": (
        "emr_on_a_cluster", "Spark", (A, "StepConfig", "HadoopJarStep", "Jar"), GONE,
        "MissingMember", "pipeline.steps[Spark].Arguments.StepConfig.HadoopJarStep.Jar",
    ),
    "Spark step on no cluster": (
        "emr_on_a_cluster", "Spark", (A, "ClusterId"), GONE, "InvalidValue", "pipeline.steps[Spark].Arguments",
    ),
    "cluster with a misspelt member": (
        "emr_with_its_own_cluster", "Spark", (A, "ClusterConfig", "ReleaseLable"), "emr-7.1.0",
        "UnknownMember", "pipeline.steps[Spark].Arguments.ClusterConfig.ReleaseLable",
    ),
    "serverless job without a role": (
        "emr_serverless", "Spark", (A, "JobConfig", "executionRoleArn"), GONE,
        "MissingMember", "pipeline.steps[Spark].Arguments.JobConfig.executionRoleArn",
    ),
    "lineage entity without a type": (
        "lineage", "Lineage", (A, "Actions", 0, "ActionType"), GONE,
        "MissingMember", "pipeline.steps[Lineage].Arguments.Actions[0].ActionType",
    ),
    "function without an address": (
        "lambda_function", "Notify", ("FunctionArn",), GONE, "WrongType", "pipeline.steps[Notify].FunctionArn",
    ),
    "message that is a number": (
        "callback", "Tell", (A, "ErrorMessage"), 3, "WrongType", "pipeline.steps[Tell].Arguments.ErrorMessage",
    ),
    "number of a parameter for a string": (
        "standard", "Train", (A, "HyperParameters", "limit"), {"Get": "Parameters.MetricThreshold"},
        "WrongType", f"{TRAIN}.HyperParameters.limit",
    ),
    "string of a parameter for an integer": (
        "standard", "Train", (*RESOURCES, "InstanceCount"), {"Get": "Parameters.InputDataUri"},
        "WrongType", f"{TRAIN}.ResourceConfig.InstanceCount",
    ),
    "joined string for an integer": (
        "standard", "Train", (*RESOURCES, "InstanceCount"), {"Std:Join": {"On": "", "Values": ["1"]}},
        "WrongType", f"{TRAIN}.ResourceConfig.InstanceCount",
    ),
    "parameter for an object": (
        "standard", "Train", RESOURCES, {"Get": "Parameters.InputDataUri"}, "WrongType", f"{TRAIN}.ResourceConfig",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("source", "step", "where", "value", "code", "path"), MUTATIONS.values(), ids=MUTATIONS
)
def test_fails_where_the_service_would(
    problems_after: Callable[..., list[Problem]],
    source: str,
    step: str,
    where: tuple[Any, ...],
    value: Any,
    code: str,
    path: str,
) -> None:
    found = problems_after(source, step, where, value)

    assert [(problem.code, problem.parameter) for problem in found] == [(code, path)]


@pytest.mark.parametrize(
    ("step", "where", "value"),
    [
        ("Train", (*RESOURCES, "InstanceType"), "ml.m99.huge"),
        ("Preprocess", (*CLUSTER, "InstanceType"), "ml.x1.new"),
        ("Train", (*RESOURCES, "VolumeKmsKeyId"), None),
        ("Train", (*RESOURCES, "VolumeSizeInGB"), 30.0),
        ("Train", (A, "HyperParameters", "Get"), "anything"),
        ("Train", (*RESOURCES, "InstanceCount"), {"Get": "Steps.Preprocess.CreationTime"}),
        ("RegisterModel", (A, "ModelPackageGroupName"), "q7xk3mlops+Value000q7xk3mlops"),
        ("Train", ("Type",), "SomethingNew"),
        ("Train", ("CacheConfig", "ExpireAfter"), "p30d"),
        ("Train", ("CacheConfig", "ExpireAfter"), "T12H"),
    ],
)
def test_is_no_stricter_than_the_service(
    problems_after: Callable[..., list[Problem]], step: str, where: tuple[Any, ...], value: Any
) -> None:
    assert problems_after("standard", step, where, value) == []
