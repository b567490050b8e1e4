"""What `cdk-mlops local status` prints."""

from __future__ import annotations

from dataclasses import replace

from cdk_sagemaker_mlops.cli.local_summary import status_text
from cdk_sagemaker_mlops.deployed.served_endpoint import EndpointState
from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline
from cdk_sagemaker_mlops.local.engine_status import EngineStatus, PipelineStatus
from cdk_sagemaker_mlops.local.session_store import Session

SESSION = Session(
    app="/apps/churn é",
    pid=1,
    endpoint_url="http://127.0.0.1:4",
    environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:4", "AWS_ACCESS_KEY_ID": "test"},
    account="111111111111",
    regions=("us-east-1",),
    stacks=("Churn", "Shared"),
    data_folder="/data",
    iam=True,
    started="2026-11-26T10:00:00+00:00",
)
PIPELINE = DeployedPipeline(
    path="Churn/Mlops",
    stack="Churn",
    region="us-east-1",
    pipeline_name="churn",
    model_package_group_name="churn",
    endpoint_name="churn",
)
PACKAGE = "arn:aws:sagemaker:us-east-1:111111111111:model-package/churn/2"
SERVED = EndpointState(name="churn", status="InService", model_package_arn=PACKAGE)
STATUS = EngineStatus(
    session=SESSION,
    pipelines=(PipelineStatus(pipeline=PIPELINE, last_execution="Succeeded", endpoint=SERVED),),
    answers=True,
)


def test_an_engine_tells_its_app_and_what_runs_on_it() -> None:
    assert status_text([STATUS]) == (
        "/apps/churn é\n"
        "    engine      http://127.0.0.1:4, since 2026-11-26T10:00:00+00:00, enforces IAM\n"
        "    stacks      Churn, Shared\n"
        "    pipeline    churn, last execution Succeeded\n"
        f"    endpoint    churn, InService, serves {PACKAGE}"
    )


def test_what_has_not_happened_yet_is_told_too() -> None:
    fresh = replace(STATUS, pipelines=(PipelineStatus(pipeline=PIPELINE),))
    assert status_text([fresh]).splitlines()[-2:] == [
        "    pipeline    churn, not started yet",
        "    endpoint    churn, waits for the first approval",
    ]
    alone = PipelineStatus(pipeline=replace(PIPELINE, endpoint_name=None))
    assert "endpoint    " not in status_text([replace(STATUS, pipelines=(alone,))])


def test_an_engine_that_does_not_answer_is_marked() -> None:
    dead = replace(STATUS, session=replace(SESSION, iam=False), pipelines=(), answers=False)
    assert status_text([dead, dead]).count("since 2026-11-26T10:00:00+00:00, does not answer\n") == 2


def test_json_tells_the_same() -> None:
    told = STATUS.as_json()
    assert told["environment"]["AWS_ACCESS_KEY_ID"] == "111111111111"
    assert told["pipelines"] == [
        {
            "name": "churn",
            "last_execution": "Succeeded",
            "endpoint": "churn",
            "endpoint_status": "InService",
            "model_package_arn": PACKAGE,
        }
    ]
