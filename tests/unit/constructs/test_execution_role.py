"""Each step type gets what it needs, on the resources that it names, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_mlops.constructs.defined_steps import DefinedSteps
from cdk_sagemaker_mlops.constructs.definition_body import ImageAccounts
from cdk_sagemaker_mlops.constructs.execution_role import execution_role, execution_statements
from cdk_sagemaker_mlops.constructs.image_permissions import image_statements
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition
from cdk_sagemaker_mlops.definition.placeholders import BUCKET, ROLE_ARN, custom

REGION = {"account": "123456789012", "region": "eu-west-1"}
HERE = "arn:aws:sagemaker:eu-west-1:123456789012"


def statements(
    *steps: dict[str, Any],
    tokens: dict[str, object] | None = None,
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Returns, of what the steps add to the bucket's two statements: action to (resources, conditions)."""
    stack = Stack(None, "Churn", env=REGION)
    definition = PipelineDefinition(
        document=json.dumps({"Parameters": [] if parameters is None else parameters, "Steps": steps}),
        code={},
        image_tables={},
        tokens={} if tokens is None else tokens,
    )
    found = execution_statements(
        definition,
        images=ImageAccounts(stack, "Images", tables={}),
        role=iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/run", mutable=False),
        bucket=s3.Bucket.from_bucket_name(stack, "Bucket", "artifacts"),
        model_package_group_name="churn",
        input_data_uri=None,
    )
    rendered = [stack.resolve(statement.to_statement_json()) for statement in found[2:]]
    found: dict[str, Any] = {}
    for statement in rendered:
        for action in _listed(statement["Action"]):
            before, _ = found.get(action, ([], None))
            resources = [*before, *_plain(_listed(statement["Resource"]))]
            found[action] = (resources, statement.get("Condition"))
    found.pop("sagemaker:AddTags", None)
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _plain(value: Any) -> Any:
    """The partition is the only token in most ARNs."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict) and "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return separator.join(_plain(part) for part in parts)
    if isinstance(value, dict) and value.get("Ref") == "AWS::Partition":
        return "aws"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def step(
    step_type: str, name: str = "Step", *, arguments: dict[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    return {"Name": name, "Type": step_type, "Arguments": {} if arguments is None else arguments, **fields}


def test_a_step_that_does_nothing_needs_nothing() -> None:
    assert statements(step("Fail"), step("Condition", arguments={"IfSteps": [], "ElseSteps": []})) == {}


@pytest.mark.parametrize(
    ("step_type", "noun", "resource"),
    [
        ("Processing", "ProcessingJob", "processing-job/pipelines-*"),
        ("QualityCheck", "ProcessingJob", "processing-job/pipelines-*"),
        ("Training", "TrainingJob", "training-job/pipelines-*"),
        ("Transform", "TransformJob", "transform-job/pipelines-*"),
        ("Tuning", "HyperParameterTuningJob", "hyper-parameter-tuning-job/*"),
        ("AutoML", "AutoMLJob", "automl-job/*"),
    ],
)
def test_a_job_is_created_described_and_stopped(step_type: str, noun: str, resource: str) -> None:
    found = statements(step(step_type))

    for verb in ("Create", "Describe", "Stop"):
        assert found[f"sagemaker:{verb}{noun}"] == ([f"{HERE}:{resource}"], None)
    assert found["iam:PassRole"] == (
        ["arn:aws:iam::123456789012:role/run"],
        {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    )
    assert "logs:PutLogEvents" in found
    assert not [action for action in found if action.startswith(("ec2:", "kms:", "lambda:"))]


def test_a_job_with_a_name_of_its_own() -> None:
    found = statements(step("Training", arguments={"TrainingJobName": "Explore", "RoleArn": ROLE_ARN}))

    assert found["sagemaker:CreateTrainingJob"][0] == [
        f"{HERE}:training-job/explore*",
        f"{HERE}:training-job/Explore*",
    ]
    assert found["logs:PutLogEvents"][0] == [
        "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/TrainingJobs:log-stream:Explore*"
    ]


def test_a_role_that_a_step_brings_is_passed_too() -> None:
    other = "arn:aws:iam::123456789012:role/other"

    found = statements(step("Processing", arguments={"RoleArn": other}))

    assert found["iam:PassRole"][0] == ["arn:aws:iam::123456789012:role/run", other]


def test_steps_inside_of_conditions_and_loops_count() -> None:
    inner = step("Lambda", FunctionArn="arn:aws:lambda:eu-west-1:123456789012:function:score")
    loop = step("ForEach", arguments={"ForEachBody": [inner]})
    gate = step("Condition", arguments={"IfSteps": [loop], "ElseSteps": [step("Training")]})

    found = statements(gate)

    assert found["lambda:InvokeFunction"] == (["arn:aws:lambda:eu-west-1:123456789012:function:score"], None)
    assert "sagemaker:CreateTrainingJob" in found


def test_a_function_and_a_queue_of_the_stack() -> None:
    function, queue = custom(0), custom(1)
    tokens = {function: Token.as_string({"Ref": "Function"}), queue: Token.as_string({"Ref": "Queue"})}

    found = statements(
        step("Lambda", FunctionArn=function), step("Callback", SqsQueueUrl=queue), tokens=tokens
    )

    assert found["lambda:InvokeFunction"][0] == ['{"Ref": "Function"}']
    (arn,) = found["sqs:SendMessage"][0]
    assert arn == (
        'arn:aws:sqs:eu-west-1:{"Fn::Select": [3, {"Fn::Split": ["/", {"Ref": "Queue"}]}]}:'
        '{"Fn::Select": [4, {"Fn::Split": ["/", {"Ref": "Queue"}]}]}'
    )


@pytest.mark.parametrize(
    ("url", "arn"),
    [
        ("https://sqs.us-east-1.amazonaws.com/111122223333/ask", "arn:aws:sqs:us-east-1:111122223333:ask"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/1/a.fifo", "arn:aws:sqs:cn-north-1:1:a.fifo"),
        ({"Get": "Parameters.Queue"}, "arn:aws:sqs:*:*:*"),
    ],
)
def test_a_queue_by_its_url(url: Any, arn: str) -> None:
    assert statements(step("Callback", SqsQueueUrl=url)) == {"sqs:SendMessage": ([arn], None)}


def test_emr_on_a_cluster() -> None:
    found = statements(
        step("EMR", arguments={"ClusterId": "j-1", "ExecutionRoleArn": "arn:aws:iam::1:role/emr"})
    )

    cluster = "arn:aws:elasticmapreduce:eu-west-1:123456789012:cluster/j-1"
    assert found["elasticmapreduce:AddJobFlowSteps"][0] == [cluster]
    assert "elasticmapreduce:RunJobFlow" not in found
    assert found["iam:PassRole"] == (
        ["arn:aws:iam::1:role/emr"],
        {"StringLike": {"iam:PassedToService": "elasticmapreduce.amazonaws.com*"}},
    )
    assert len(found["events:PutRule"][0]) == 2


def test_emr_with_a_cluster_of_its_own() -> None:
    found = statements(step("EMR", arguments={"ClusterConfig": {"ServiceRole": "s", "JobFlowRole": "j"}}))

    assert found["elasticmapreduce:RunJobFlow"][0] == [
        "arn:aws:elasticmapreduce:eu-west-1:123456789012:cluster/*"
    ]
    assert found["iam:PassRole"] == (
        ["arn:aws:iam::123456789012:role/s", "arn:aws:iam::123456789012:role/j"],
        {"StringLike": {"iam:PassedToService": "ec2.amazonaws.com*"}},
    )


@pytest.mark.parametrize(
    ("member", "application", "creates"),
    [({"ApplicationId": "00f1"}, "00f1", False), ({"ApplicationConfig": {"name": "a"}}, "*", True)],
)
def test_emr_serverless(member: dict[str, Any], application: str, creates: bool) -> None:
    found = statements(
        step("EMRServerless", arguments={**member, "ExecutionRoleArn": "arn:aws:iam::1:role/e"})
    )

    arn = f"arn:aws:emr-serverless:eu-west-1:123456789012:/applications/{application}"
    assert found["emr-serverless:StartJobRun"][0] == [arn]
    assert found["emr-serverless:GetJobRun"][0] == [f"{arn}/jobruns/*"]
    assert ("emr-serverless:CreateApplication" in found) is creates
    assert found["iam:PassRole"][0] == ["arn:aws:iam::1:role/e"]


def test_a_clarify_check_that_asks_a_model() -> None:
    data = step("ClarifyCheck", CheckType="DATA_BIAS")
    model = step("ClarifyCheck", CheckType="MODEL_BIAS", ModelName={"Get": "Steps.Create.ModelName"})

    assert "sagemaker:CreateEndpoint" not in statements(data)
    found = statements(model)
    assert found["sagemaker:CreateEndpoint"][0] == [f"{HERE}:endpoint/*", f"{HERE}:endpoint-config/*"]
    assert found["sagemaker:DescribeModel"][0] == [f"{HERE}:model/*"]


def test_a_check_against_the_newest_approved_package() -> None:
    found = statements(step("QualityCheck", ModelPackageGroupName="churn"))

    assert found["sagemaker:ListModelPackages"][0] == ["*"]
    assert found["sagemaker:DescribeModelPackage"][0] == [f"{HERE}:model-package/churn/*"]


def test_a_job_that_compares_with_the_newest_approved_package() -> None:
    environment = {"MODEL_PACKAGE_GROUP_NAME": "Churn"}
    found = statements(step("Processing", arguments={"Environment": environment}), step("Processing"))

    assert found["sagemaker:ListModelPackages"][0] == ["*"]
    assert set(found["sagemaker:DescribeModelPackage"][0]) == {
        f"{HERE}:model-package/Churn/*",
        f"{HERE}:model-package/churn/*",
    }


def test_models_and_endpoints_by_their_names() -> None:
    found = statements(
        step("Model"),
        step("RegisterModel", arguments={"ModelPackageGroupName": "second"}),
        step("EndpointConfig", arguments={"EndpointConfigName": "config"}),
        step("Endpoint", arguments={"EndpointName": "live", "EndpointConfigName": "config"}),
        step("InferenceComponent", arguments={"InferenceComponentName": "part", "EndpointName": "live"}),
    )

    assert found["sagemaker:CreateModel"][0] == [f"{HERE}:model/pipelines-*"]
    assert found["sagemaker:CreateModelPackage"][0] == [
        f"{HERE}:{resource}"
        for group in ("churn", "second")
        for resource in (f"model-package-group/{group}", f"model-package/{group}/*")
    ]
    assert found["sagemaker:CreateEndpointConfig"][0] == [f"{HERE}:endpoint-config/config"]
    assert found["sagemaker:DescribeEndpoint"][0] == [f"{HERE}:endpoint/live"]
    assert found["sagemaker:DescribeInferenceComponent"][0] == [f"{HERE}:inference-component/part"]
    assert found["sagemaker:CreateEndpoint"][0] == [
        f"{HERE}:endpoint/live",
        f"{HERE}:endpoint-config/config",
        f"{HERE}:endpoint/live",
    ]


def test_lineage() -> None:
    found = statements(step("Lineage", arguments={"Actions": [{"ActionName": "a"}], "Associations": [{}]}))

    assert found["sagemaker:CreateAction"][0] == [f"{HERE}:action/*"]
    assert len(found["sagemaker:AddAssociation"][0]) == 3
    assert "sagemaker:CreateArtifact" not in found


@pytest.mark.parametrize(
    ("source", "resource"),
    [
        ({"S3Uris": [f"s3://{BUCKET}/churn/models"]}, "arn:aws:s3:::artifacts/churn/models*"),
        ({"S3Uris": [{"Get": "Steps.Train.Output"}]}, "arn:aws:s3:::artifacts/*"),
        ({}, "arn:aws:s3:::artifacts/*"),
    ],
)
def test_cleanup_deletes_what_it_names(source: dict[str, Any], resource: str) -> None:
    found = statements(step("Cleanup", arguments={"Resources": {"S3": [{"StepName": "Train", **source}]}}))

    assert found == {"s3:DeleteObject": ([resource], None)}


def test_a_vpc_is_entered_by_the_subnets_that_are_named() -> None:
    vpc = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}

    found = statements(step("Processing", arguments={"NetworkConfig": {"VpcConfig": vpc}}))

    there = "arn:aws:ec2:eu-west-1:123456789012"
    assert found["ec2:CreateNetworkInterface"][0] == [
        f"{there}:network-interface/*",
        f"{there}:subnet/subnet-1",
        f"{there}:security-group/sg-1",
    ]
    assert found["ec2:DeleteNetworkInterface"][0] == [f"{there}:network-interface/*"]
    assert found["ec2:DescribeVpcs"][0] == ["*"]


def test_keys_are_the_ones_that_are_named() -> None:
    keys = {
        "ResourceConfig": {"VolumeKmsKeyId": "arn:aws:kms:eu-west-1:1:key/volume"},
        "OutputDataConfig": {"KmsKeyId": custom(0)},
        "DataCaptureConfig": {"KmsKeyId": "1234"},
        "Other": {"KmsKeyId": "alias/mine"},
    }

    found = statements(
        step("Training", arguments=keys), tokens={custom(0): Token.as_string({"Fn::GetAtt": ["Key", "Arn"]})}
    )

    resources, conditions = found["kms:CreateGrant"]
    here = "arn:aws:kms:eu-west-1:123456789012:key"
    assert set(resources) == {
        "arn:aws:kms:eu-west-1:1:key/volume",
        '{"Fn::GetAtt": ["Key", "Arn"]}',
        f"{here}/1234",
        f"{here}/*",
    }
    assert conditions == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    assert found["kms:Decrypt"] == (resources, None)


def test_other_buckets_are_read_where_steps_name_them_and_written_where_they_are_outputs() -> None:
    arguments = {
        "ProcessingInputs": [
            {"S3Input": {"S3Uri": "s3://theirs/in"}},
            {"S3Input": {"S3Uri": f"s3://{BUCKET}/own"}},
        ],
        "ProcessingOutputConfig": {"Outputs": [{"S3Output": {"S3Uri": "s3://results/out"}}]},
        "CheckpointConfig": {"S3Uri": "s3://checkpoints"},
        "HyperParameters": {"sagemaker_submit_directory": '"s3://code/source.tar.gz"'},
        "Environment": {"CONFIG": {"Get": "Parameters.Config"}, "OTHER": {"Get": "Steps.A.Output.S3Uri"}},
    }

    found = statements(
        step("Condition", arguments={"IfSteps": [step("Fail", arguments=arguments)], "ElseSteps": []}),
        parameters=[{"Name": "Config", "Type": "String", "DefaultValue": "s3://settings/a.json"}],
    )

    read = ("checkpoints/", "code/source.tar.gz", "results/out", "settings/a.json", "theirs/in")
    assert found["s3:GetObject"] == ([f"arn:aws:s3:::{place}*" for place in read], None)
    assert found["s3:PutObject"][0] == ["arn:aws:s3:::checkpoints/*", "arn:aws:s3:::results/out*"]
    assert found["s3:ListBucket"][0] == [f"arn:aws:s3:::{place.partition('/')[0]}" for place in read]
    assert "s3:DeleteObject" not in found


def test_a_location_known_only_at_deployment() -> None:
    whole, name = custom(0), custom(1)
    tokens = {whole: Token.as_string({"Ref": "Uri"}), name: Token.as_string({"Ref": "Bucket"})}
    arguments = {"ModelDataUrl": whole, "TransformOutput": {"S3OutputPath": f"s3://{name}/out"}}

    found = statements(step("Fail", arguments=arguments), tokens=tokens)

    assert found["s3:ListBucket"][0] == [
        'arn:aws:s3:::{"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "Uri"}]}]}',
        'arn:aws:s3:::{"Ref": "Bucket"}',
    ]
    assert found["s3:GetObject"][0] == [
        'arn:aws:s3:::{"Fn::Select": [1, {"Fn::Split": ["s3://", {"Ref": "Uri"}]}]}*',
        'arn:aws:s3:::{"Ref": "Bucket"}/out*',
    ]
    assert found["s3:PutObject"][0] == ['arn:aws:s3:::{"Ref": "Bucket"}/out*']


def _at_deployment(value: Any, uri: str) -> str:
    """What CloudFormation makes of an ARN with pieces of the image URI."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Ref":
        return {"AWS::Partition": "aws", "Image": uri}[argument]
    if function == "Fn::Join":
        return str(argument[0]).join(_at_deployment(part, uri) for part in argument[1])
    index, split = argument
    separator, text = split["Fn::Split"]
    return _at_deployment(text, uri).split(separator)[int(index)]


@pytest.mark.parametrize(
    ("uri", "repository"),
    [
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:1", "eu-west-1:111122223333:repository/churn"),
        (
            "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/churn",
            "cn-north-1:111122223333:repository/churn",
        ),
        ("1.dkr.ecr.us-east-2.amazonaws.com/team/churn@sha256:ab", "us-east-2:1:repository/team"),
        ("1.dkr.ecr.us-east-2.amazonaws.com/churn@sha256:ab", "us-east-2:1:repository/churn"),
        # No ECR image, in a registry of a VPC: taking it apart must not break the deployment.
        ("registry.internal/churn:1", ":registry:repository/churn"),
        ("churn", ":churn:repository/"),
    ],
)
def test_an_image_known_only_at_deployment_may_be_pulled(uri: str, repository: str) -> None:
    stack = Stack(None, "Churn", env=REGION)
    arguments = {"AppSpecification": {"ImageUri": custom(0)}, "Environment": {"KEY": custom(1)}}
    definition = PipelineDefinition(
        document=json.dumps({"Steps": [step("Processing", arguments=arguments)]}),
        code={},
        image_tables={},
        tokens={custom(0): Token.as_string({"Ref": "Image"}), custom(1): Token.as_string({"Ref": "Key"})},
    )
    defined = DefinedSteps.read(definition, stack, role_arn="role", bucket_name="bucket")
    pull, authorise = image_statements(
        defined, definition.document, ImageAccounts(stack, "Images", tables={})
    )

    arns = [_at_deployment(arn, uri) for arn in stack.resolve(pull.to_statement_json())["Resource"]]
    assert arns == [f"arn:aws:ecr:{repository}", f"arn:aws:ecr:{repository}/*"]
    assert authorise.actions == ["ecr:GetAuthorizationToken"]


def test_the_role_is_assumed_by_sagemaker_alone() -> None:
    stack = Stack(None, "Churn")
    role = execution_role(stack, "Role")

    policy = stack.resolve(role.assume_role_policy)
    assert [statement["Principal"] for statement in policy["Statement"]] == [
        {"Service": "sagemaker.amazonaws.com"}
    ]
