"""The quotas that a stack needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cdk_sagemaker_mlops.deployed.quota_needs import (
    Need,
    hosting_needs,
    hosting_of,
    largest,
    pipeline_needs,
    read_quotas,
)

SNAPSHOTS = Path(__file__).parents[2] / "snapshots" / "__snapshots__" / "test_deployer_templates"
ML = {"InstanceType": {"Get": "Parameters.Type"}, "InstanceCount": 2}
DEFINITION = {
    "Parameters": [{"Name": "Type", "Type": "String", "DefaultValue": "ml.m5.large"}],
    "Steps": [
        {"Name": "Clean", "Type": "Processing", "Arguments": {"ProcessingResources": {"ClusterConfig": ML}}},
        {
            "Name": "Train",
            "Type": "Training",
            "Arguments": {
                "EnableManagedSpotTraining": True,
                "ResourceConfig": {"InstanceType": "ml.c5.large", "InstanceCount": 1},
            },
        },
        {
            "Name": "Gate",
            "Type": "Condition",
            "Arguments": {
                "IfSteps": [
                    {
                        "Name": "Search",
                        "Type": "Tuning",
                        "Arguments": {
                            "HyperParameterTuningJobConfig": {
                                "ResourceLimits": {"MaxParallelTrainingJobs": 3}
                            },
                            "TrainingJobDefinition": {
                                "ResourceConfig": {
                                    "InstanceGroups": [{"InstanceType": "ml.m5.large", "InstanceCount": 2}]
                                }
                            },
                        },
                    }
                ],
                "ElseSteps": [
                    {"Name": "Score", "Type": "Transform", "Arguments": {"TransformResources": ML}}
                ],
            },
        },
    ],
}


def test_each_job_s_instances_are_counted() -> None:
    assert [(need.quota, need.amount, need.why) for need in pipeline_needs(DEFINITION)] == [
        ("ml.m5.large for processing job usage", 2, "step Clean"),
        ("ml.c5.large for spot training job usage", 1, "step Train"),
        ("ml.m5.large for training job usage", 6, "step Search"),
        ("ml.m5.large for transform job usage", 2, "step Score"),
    ]


REAL_TIME = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
ROLLING = {"RollingUpdatePolicy": {"MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 30}}}


@pytest.mark.parametrize(
    ("hosting", "amount"),
    [
        ({"ProductionVariant": REAL_TIME}, 4),
        ({"ProductionVariant": REAL_TIME, "Scaling": {"MaxCapacity": 10}}, 20),
        ({"ProductionVariant": REAL_TIME, "Scaling": {"MaxCapacity": 10}, "DeploymentConfig": ROLLING}, 13),
        ({"ProductionVariant": {"ServerlessConfig": {"MaxConcurrency": 5}}}, 5),
    ],
)
def test_a_rollout_needs_room_beside_the_endpoint(hosting: dict[str, Any], amount: int) -> None:
    assert [need.amount for need in hosting_needs(hosting)] == [amount]


def test_nothing_is_needed_where_nothing_is_known() -> None:
    assert list(hosting_needs({})) == []


def template(*deployments: dict[str, Any]) -> dict[str, Any]:
    return {
        "Resources": {
            f"D{number}": {"Type": "Custom::SageMakerModelDeployment", "Properties": properties}
            for number, properties in enumerate(deployments)
        }
    }


def test_hosting_is_read_from_the_template_with_what_it_joins() -> None:
    joined = {"Fn::Join": ["", ['{"ProductionVariant":{"Key":"', {"Ref": "Key"}, '"}}']]}
    found = template({"EndpointName": "a", "Hosting": "{}"}, {"EndpointName": "b", "Hosting": joined})
    assert hosting_of(found, "b") == {"ProductionVariant": {"Key": "unknown"}}
    assert hosting_of(template(), "b") == {}
    assert hosting_of(template({"EndpointName": "b", "Hosting": json.dumps([1])}), "b") == {}
    assert hosting_of(template({"Hosting": {"Ref": "P"}}), "b") == {}


def test_what_the_construct_writes_into_a_template_is_understood() -> None:
    written = json.loads((SNAPSHOTS / "test_template[full_deployment].json").read_text())
    (need,) = hosting_needs(hosting_of({"Resources": written}, None))
    # Up to four instances by auto scaling, and four more while blue and green run.
    assert (need.quota, need.amount) == ("ml.c7i.xlarge for endpoint usage", 8)


def test_the_largest_need_of_each_quota_counts() -> None:
    needs = [Need(quota="q", amount=amount, why=str(amount)) for amount in (1, 3, 2)]
    assert largest(needs) == (needs[1],)


def test_quotas_are_looked_for_until_all_are_found() -> None:
    client = boto3.client(
        "service-quotas", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    with Stubber(client) as stubber:
        page = [{"QuotaName": "other", "Value": 1.0}, {"QuotaName": "q", "Value": 4.0}]
        stubber.add_response(
            "list_service_quotas", {"Quotas": page, "NextToken": "more"}, {"ServiceCode": "sagemaker"}
        )
        assert read_quotas(client, {"q"}) == {"q": 4.0}
