"""TrainingPipeline: what it defines, what its role may do, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Match, Template

from cdk_sagemaker_mlops import MlopsPipeline, StandardPipeline, TrainingPipeline
from cdk_sagemaker_mlops.constructs import training_pipeline
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition

MODEL_CODE = Path(__file__).parents[3] / "model_code"
DATA = Path(__file__).parents[3] / "examples" / "quickstart" / "data"
EMPTY = PipelineDefinition(document='{"Steps": []}', code={}, image_tables={}, tokens={})
Define = Callable[..., tuple[TrainingPipeline, Template]]


@pytest.fixture(scope="module")
def define() -> Define:
    def define_in_a_stack(
        *, env: Environment | None = None, **options: Any
    ) -> tuple[TrainingPipeline, Template]:
        stack = Stack(App(), "Churn", env=env)
        bring = options.pop("bring", lambda _stack: {})
        pipeline = TrainingPipeline(
            stack,
            "Training",
            **{
                "pipeline": StandardPipeline(source_dir=MODEL_CODE),
                "model_package_group_name": "churn-models",
                **options,
                **bring(stack),
            },
        )
        return pipeline, Template.from_stack(stack)

    return define_in_a_stack


@pytest.fixture(scope="module")
def defaults(define: Define) -> tuple[TrainingPipeline, Template]:
    return define()


@pytest.fixture(scope="module")
def with_data(define: Define) -> tuple[TrainingPipeline, Template]:
    return define(input_data=DATA, removal_policy=RemovalPolicy.DESTROY)


def text_of(value: Any) -> str:
    """The text of a template's value, its references written as ``<Ref>``."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(text_of(part) for part in value["Fn::Join"][1])
    if "Fn::FindInMap" in value:
        return "<account>"
    return f"<{next(iter(value.values()))}>" if "Ref" in value else f"<{'.'.join(value['Fn::GetAtt'])}>"


def body_of(template: Template) -> dict[str, Any]:
    (resource,) = template.find_resources("AWS::SageMaker::Pipeline").values()
    body: dict[str, Any] = json.loads(
        text_of(resource["Properties"]["PipelineDefinition"]["PipelineDefinitionBody"])
    )
    return body


def statements_of(template: Template) -> list[dict[str, Any]]:
    (policy,) = (
        resource["Properties"]["PolicyDocument"]["Statement"]
        for name, resource in template.find_resources("AWS::IAM::Policy").items()
        if "ExecutionPolicy" in name
    )
    return list(policy)


def test_defines_no_more_than_it_says(defaults: tuple[TrainingPipeline, Template]) -> None:
    kinds = sorted(resource["Type"] for resource in defaults[1].to_json()["Resources"].values())

    assert kinds == [
        "AWS::IAM::Policy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::IAM::Role",
        "AWS::Lambda::Function",
        "AWS::Lambda::LayerVersion",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::SageMaker::Pipeline",
        "Custom::CDKBucketDeployment",
    ]


def test_the_body_has_every_step_and_no_placeholder(defaults: tuple[TrainingPipeline, Template]) -> None:
    pipeline, template = defaults
    body = body_of(template)

    assert [step["Name"] for step in body["Steps"]] == ["Preprocess", "Train", "Evaluate", "QualityGate"]
    assert "mlops-artifacts" not in json.dumps(body)
    train = body["Steps"][1]["Arguments"]
    role = _logical_id(template, "AWS::IAM::Role", "ExecutionRole")
    assert train["RoleArn"] == f"<{role}.Arn>"
    assert train["AlgorithmSpecification"]["TrainingImage"] == (
        "<account>.dkr.ecr.<AWS::Region>.<AWS::URLSuffix>/sagemaker-scikit-learn:1.9-0-cpu-py3"
    )
    bucket = _logical_id(template, "AWS::S3::Bucket", "ArtifactBucket")
    assert train["OutputDataConfig"]["S3OutputPath"] == f"s3://<{bucket}>/{pipeline.pipeline_name}/models"
    gate = body["Steps"][3]["Arguments"]
    (container,) = gate["IfSteps"][0]["Arguments"]["InferenceSpecification"]["Containers"]
    assert container["Environment"] == {
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_REGION": "<AWS::Region>",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    }


def _logical_id(template: Template, kind: str, part: str) -> str:
    (found,) = (name for name in template.find_resources(kind) if part in name)
    return found


def test_input_data_has_no_default_unless_given(
    defaults: tuple[TrainingPipeline, Template], with_data: tuple[TrainingPipeline, Template]
) -> None:
    assert body_of(defaults[1])["Parameters"][0] == {"Name": "InputDataUri", "Type": "String"}
    given = body_of(with_data[1])["Parameters"][0]["DefaultValue"]
    bucket = _logical_id(with_data[1], "AWS::S3::Bucket", "ArtifactBucket")
    assert given.startswith(f"s3://<{bucket}>/input-data/")


def test_the_bucket_is_private_encrypted_and_kept(defaults: tuple[TrainingPipeline, Template]) -> None:
    pipeline, template = defaults
    template.has_resource(
        "AWS::S3::Bucket",
        {
            "DeletionPolicy": "Retain",
            "Properties": {
                "BucketEncryption": Match.any_value(),
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
                "LifecycleConfiguration": {
                    "Rules": Match.array_with(
                        [
                            Match.object_like(
                                {
                                    "ExpirationInDays": 90,
                                    "Prefix": f"{pipeline.pipeline_name}/intermediate/",
                                    "Status": "Enabled",
                                }
                            )
                        ]
                    )
                },
            },
        },
    )
    template.has_resource_properties(
        "AWS::S3::BucketPolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Effect": "Deny",
                                "Action": "s3:*",
                                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                            }
                        )
                    ]
                )
            }
        },
    )


def test_destroy_empties_the_bucket(with_data: tuple[TrainingPipeline, Template]) -> None:
    with_data[1].has_resource("AWS::S3::Bucket", {"DeletionPolicy": "Delete"})
    with_data[1].resource_count_is("Custom::S3AutoDeleteObjects", 1)


def test_the_lifecycle_rule_outlives_the_step_cache(defaults: tuple[TrainingPipeline, Template]) -> None:
    cached = {step["CacheConfig"]["ExpireAfter"] for step in body_of(defaults[1])["Steps"][:3]}

    assert cached == {"P30D"}, "a cached step's outputs must not expire before the cache does"


def test_the_role_may_do_no_more_than_the_pipeline_needs(
    defaults: tuple[TrainingPipeline, Template],
) -> None:
    statements = statements_of(defaults[1])
    wild = {
        action
        for statement in statements
        if statement["Resource"] == "*"
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }

    assert wild == {
        "cloudwatch:PutMetricData",
        "ecr:GetAuthorizationToken",
        "sagemaker:ListModelPackages",
    }
    assert not any(
        action.endswith("*")
        for statement in statements
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    )
    (pass_role,) = (statement for statement in statements if statement["Action"] == "iam:PassRole")
    assert pass_role["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    (metrics,) = (statement for statement in statements if statement["Action"] == "cloudwatch:PutMetricData")
    assert metrics["Condition"] == {
        "StringEquals": {
            "cloudwatch:namespace": ["/aws/sagemaker/ProcessingJobs", "/aws/sagemaker/TrainingJobs"]
        }
    }


def test_the_role_may_register_in_its_group_only(defaults: tuple[TrainingPipeline, Template]) -> None:
    (register,) = (
        statement
        for statement in statements_of(defaults[1])
        if "sagemaker:CreateModelPackage" in statement["Action"]
    )

    prefix = "arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>"
    assert [text_of(arn) for arn in register["Resource"]] == [
        f"{prefix}:model-package-group/churn-models",
        f"{prefix}:model-package/churn-models/*",
    ]


@pytest.mark.parametrize(
    ("input_data", "arns"),
    [
        (
            "s3://theirs/churn/2026",
            ["arn:<AWS::Partition>:s3:::theirs", "arn:<AWS::Partition>:s3:::theirs/churn/2026*"],
        ),
        ("s3://theirs", ["arn:<AWS::Partition>:s3:::theirs", "arn:<AWS::Partition>:s3:::theirs/*"]),
    ],
)
def test_the_role_may_read_input_data_elsewhere(define: Define, input_data: str, arns: list[str]) -> None:
    statements = statements_of(define(input_data=input_data)[1])

    assert [text_of(statement["Resource"]) for statement in statements[2:4]] == arns
    assert [statement["Action"] for statement in statements[2:4]] == ["s3:ListBucket", "s3:GetObject"]


def test_a_known_region_gets_its_image_inlined(define: Define) -> None:
    _, template = define(env=Environment(account="111122223333", region="eu-west-1"))

    image = body_of(template)["Steps"][1]["Arguments"]["AlgorithmSpecification"]["TrainingImage"]
    assert image == "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
    assert "Mappings" not in template.to_json()


def test_an_unknown_region_looks_its_image_up(defaults: tuple[TrainingPipeline, Template]) -> None:
    (mapping,) = defaults[1].to_json()["Mappings"].values()

    assert mapping["us-east-1"] == {"Account": "683313688378"}
    assert mapping["cn-north-1"] == {"Account": "450853457545"}


def test_brings_your_own_bucket_and_role(define: Define) -> None:
    def bring(stack: Stack) -> dict[str, Any]:
        return {
            "artifact_bucket": s3.Bucket.from_bucket_name(stack, "Bucket", "mine"),
            "execution_role": iam.Role(
                stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com")
            ),
        }

    pipeline, template = define(bring=bring)

    assert pipeline.artifact_bucket.bucket_name == "mine"
    template.resource_count_is("AWS::S3::Bucket", 0)
    assert statements_of(template), "the role that was brought gets the permissions too"
    assert body_of(template)["Steps"][1]["Arguments"]["OutputDataConfig"]["S3OutputPath"].startswith(
        "s3://mine/"
    )


def test_the_pipeline_waits_for_its_permissions_and_code(defaults: tuple[TrainingPipeline, Template]) -> None:
    (resource,) = defaults[1].find_resources("AWS::SageMaker::Pipeline").values()

    assert any("ExecutionPolicy" in name for name in resource["DependsOn"])
    assert any("CodeDelivery" in name for name in resource["DependsOn"])


def test_old_code_stays_for_executions_that_still_run(defaults: tuple[TrainingPipeline, Template]) -> None:
    defaults[1].has_resource_properties(
        "Custom::CDKBucketDeployment", {"Prune": False, "RetainOnDelete": True}
    )


def test_grants_the_start_of_this_pipeline_only(define: Define) -> None:
    stack = Stack(App(), "Churn")
    pipeline = TrainingPipeline(
        stack,
        "Training",
        pipeline=StandardPipeline(source_dir=MODEL_CODE),
        model_package_group_name="churn-models",
        pipeline_name="MyPipeline",
    )
    starter = iam.Role(stack, "Starter", assumed_by=iam.AccountRootPrincipal())
    pipeline.grant_start_pipeline_execution(starter)

    (policy,) = (
        resource
        for name, resource in Template.from_stack(stack).find_resources("AWS::IAM::Policy").items()
        if name.startswith("Starter")
    )
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == "sagemaker:StartPipelineExecution"
    assert text_of(statement["Resource"]).endswith(":pipeline/mypipeline"), "SageMaker's ARNs are lower case"


def test_logical_ids_never_change(defaults: tuple[TrainingPipeline, Template]) -> None:
    template = defaults[1]
    stateful = sorted(
        name
        for kind in ("AWS::S3::Bucket", "AWS::SageMaker::Pipeline", "AWS::IAM::Role")
        for name in template.find_resources(kind)
        if name.startswith("Training")
    )

    assert stateful == [
        "Training1DBE9C16",
        "TrainingArtifactBucketC5E0E4F0",
        "TrainingExecutionRole0CBEB7FB",
    ], "changing a logical id replaces the resource, and with a bucket the users' data"


def test_two_synths_are_identical(define: Define, defaults: tuple[TrainingPipeline, Template]) -> None:
    assert json.dumps(define()[1].to_json()) == json.dumps(defaults[1].to_json())


def test_the_parallelism_of_any_pipeline_can_be_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_pipeline, "cached_definition", lambda *_arguments, **_options: EMPTY)
    limited = StandardPipeline(source_dir=MODEL_CODE, max_parallel_execution_steps=2)
    stack = Stack(App(), "Churn")
    for number, (pipeline, options) in enumerate(
        [
            (limited, {}),
            (limited, {"max_parallel_execution_steps": 3}),
            (lambda _ctx: None, {"max_parallel_execution_steps": 4}),
            (lambda _ctx: None, {}),
        ]
    ):
        TrainingPipeline(
            stack, f"Training{number}", pipeline=pipeline, model_package_group_name="churn-models", **options
        )

    resources = Template.from_stack(stack).find_resources("AWS::SageMaker::Pipeline").values()
    assert [resource["Properties"].get("ParallelismConfiguration") for resource in resources] == [
        {"MaxParallelExecutionSteps": 2},
        {"MaxParallelExecutionSteps": 3},
        {"MaxParallelExecutionSteps": 4},
        None,
    ]


def test_many_pipelines_share_what_a_stack_needs_once() -> None:
    """52 resources for the first, 29 for each further: 16 fit in CloudFormation's 500."""
    counts = []
    for pipelines in (1, 2, 3):
        stack = Stack(App(), "Churn")
        for number in range(pipelines):
            MlopsPipeline(
                stack, f"Mlops{number}", pipeline=StandardPipeline(source_dir=MODEL_CODE), input_data=DATA
            )
        counts.append(len(Template.from_stack(stack).to_json()["Resources"]))

    assert counts == [52, 81, 110]
    assert 52 + 15 * 29 <= 500 < 52 + 16 * 29
