"""A small AWS account with deployments in it, as their stacks lay them out: rules, queues, functions, custom resources.

It drives the handlers' real entry points only.
"""

from __future__ import annotations

import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import fake_aws
from fake_aws import FAILS, STUCK, WORKS, FakeAws, Killed, Rollout, put_in_charge

from cdk_sagemaker_mlops.handlers import aws_calls, contract, custom_resource
from cdk_sagemaker_mlops.handlers.model_deployment import queue_handler

from .hostings import (
    ALARM,
    BROKEN_TYPE,
    REGISTRY_ACCOUNT,
    REGISTRY_REGION,
    SERVERLESS,
    WORKING_ANSWER,
    Hosting,
)
from .turns import DENIED, Plan, Turns

GROUP = "churn-models"
STEP_IN_SECONDS = 300
MOST_RECEIVES = 5
VISIBILITY_TIMEOUT_IN_SECONDS = 360

GOOD, UNLOADABLE, WRONG, CRASHING, STICKING = "good", "unloadable", "wrong", "crashing", "sticking"
QUALITIES = (GOOD, GOOD, UNLOADABLE, WRONG, CRASHING, STICKING)


@dataclass
class Operation:
    """A stack operation that waits for its custom resource."""

    event: dict[str, Any]
    back_to: Hosting | None


@dataclass
class Deployment:
    """One deployment's stack."""

    endpoint: str
    prefix: str
    hosting: Hosting
    group: str = GROUP
    messages: list[int] = field(default_factory=list)
    in_flight_until: float = 0.0
    """Until when the queue keeps back what it handed out and nobody has deleted."""
    operation: Operation | None = None
    exists: bool = True
    disturbed: int = 0
    changes: int = 0
    refused: bool = False
    last_look: list[str] = field(default_factory=list)
    scaled_to: tuple[int, int, int] | None = None
    """Instances that autoscaling has come to, how many changes the stack had seen, and how many rollouts there were."""
    at_rest: tuple[int, int, int] | None = None
    """At the last quiet moment: the version served, what people had said of it, and how many rollouts there were."""
    untested: set[str] = field(default_factory=set)
    failed_operations: list[str] = field(default_factory=list)

    @property
    def queue_url(self) -> str:
        return f"https://sqs.{fake_aws.REGION}.amazonaws.com/{fake_aws.ACCOUNT}/{self.endpoint}.fifo"

    def environment(self, hosting: Hosting | None = None) -> dict[str, str]:
        chosen = self.hosting if hosting is None else hosting
        values = {
            "MODEL_PACKAGE_GROUP": self.group,
            "ENDPOINT_NAME": self.endpoint,
            "NAME_PREFIX": self.prefix,
            "EXECUTION_ROLE_ARN": f"arn:aws:iam::{fake_aws.ACCOUNT}:role/hosting",
            "QUEUE_URL": self.queue_url,
            "TOPIC_ARN": f"arn:aws:sns:{fake_aws.REGION}:{fake_aws.ACCOUNT}:told",
            "HOSTING": chosen.text(),
        }
        return {variable: values[variable] for variable in contract.PROPERTY_OF}

    def properties(self, hosting: Hosting | None = None) -> dict[str, str]:
        environment = self.environment(hosting)
        return {name: environment[variable] for variable, name in contract.PROPERTY_OF.items()}


class Context:
    """Lambda's context, by the fake's clock."""

    aws_request_id = "0a1b2c3d-0000-1111-2222-333344445555"

    def __init__(self, fake: FakeAws, seconds: float = 900) -> None:
        self._fake, self._end = fake, fake.time() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._end - self._fake.time()) * 1000))


class World:
    """The account."""

    def __init__(self, *deployments: Deployment, elsewhere: bool = False) -> None:
        self.fake = FakeAws()
        self.registry = self.fake.elsewhere(REGISTRY_REGION) if elsewhere else self.fake
        account = REGISTRY_ACCOUNT if elsewhere else fake_aws.ACCOUNT
        group_arn = self.registry.create_group(GROUP, account=account)
        self.group = group_arn if elsewhere else GROUP
        for each in deployments:
            each.group = self.group
        self.fake.set_alarm(ALARM, "OK")
        self.fake.automate(self._outcome, seconds=STEP_IN_SECONDS)
        self.fake.answer_of = self._answer
        self.fake.in_flight = self._in_flight
        self.turns = Turns(self.fake)
        self.deployments = list(deployments)
        self.quality: dict[str, str] = {}
        self.approvals: Counter[str] = Counter()
        self.decisions: Counter[str] = Counter()
        self.most_calls = 0
        self.looks = 0
        self.default_plan: Plan | None = None
        self.retries_operations = False

    # What is true of packages, wherever they run

    def _outcome(self, rollout: Rollout) -> str:
        config = self.fake.endpoint_configs[rollout.config]
        for each in self.deployments:
            if each.endpoint == rollout.endpoint and not each.hosting.tested:
                each.untested.add(rollout.package)
        if config["ProductionVariants"][0].get("InstanceType") == BROKEN_TYPE:
            return FAILS
        quality = self.quality.get(self._package_of(rollout.config), GOOD)
        return {UNLOADABLE: FAILS, STICKING: STUCK}.get(quality, WORKS)

    def _answer(self, config: str, _: bytes) -> tuple[int, bytes]:
        quality = self.quality.get(self._package_of(config), GOOD)
        return {WRONG: (200, b"nonsense"), CRASHING: (500, b"boom")}.get(quality, (200, WORKING_ANSWER))

    def _package_of(self, config: str) -> str:
        """The package behind a config; a model that was copied from another region says so by its name only."""
        arn = self.fake.package_of(config)
        if arn:
            return arn
        version = config.rpartition("-v")[2].partition("-")[0]
        return next(each for each in self.quality if each.endswith(f"/{version}"))

    def _in_flight(self, url: str) -> int:
        return sum(
            self.fake.time() < each.in_flight_until for each in self.deployments if each.queue_url == url
        )

    # Triggers

    def distribute(self) -> int:
        """The rules turn events into messages; returns how many events there were."""
        events = [*self.fake.events, *(self.registry.events if self.registry is not self.fake else [])]
        self.fake.events.clear()
        self.registry.events.clear()
        for event in events:
            detail = event["detail"]
            for each in self.deployments:
                mine = (
                    detail.get("ModelPackageGroupName") == GROUP
                    or detail.get("EndpointName") == each.endpoint
                )
                if mine and each.exists:
                    self.trigger(each)
        return len(events)

    def trigger(self, deployment: Deployment) -> None:
        """One message on the queue: an event, a repeated one, or the slow schedule's."""
        deployment.messages.append(0)

    def deliver(self, deployment: Deployment, plan: Plan | None = None) -> None:
        """The queue hands its batch to the handler."""
        if not deployment.messages:
            return
        plan = self._plan(plan)
        self.after_delivery(deployment, self.turns.alone(self.queue_look(deployment), plan), plan)
        deployment.last_look = plan.calls[plan.began :]

    def queue_look(self, deployment: Deployment) -> Callable[[], Any]:
        """The handler's invocation on up to ten messages, to be run."""
        batch = {
            "Records": [
                {
                    "messageId": str(number),
                    "body": "{}",
                    "attributes": {"ApproximateReceiveCount": str(receives + 1), "MessageGroupId": "look"},
                    "eventSource": "aws:sqs",
                }
                for number, receives in enumerate(deployment.messages[:10])
            ]
        }
        environment = deployment.environment()
        deployment.in_flight_until = self.fake.time() + VISIBILITY_TIMEOUT_IN_SECONDS

        def invoke() -> Any:
            # Not put back at the end: looks that take turns would put back each other's.
            os.environ.update(environment)
            answer = queue_handler.handler(batch, Context(self.fake))
            if not answer["batchItemFailures"]:
                deployment.in_flight_until = 0.0
            return answer

        return invoke

    def after_delivery(self, deployment: Deployment, result: Any, plan: Plan) -> None:
        """The queue deletes what was done, keeps what was not, and gives up after some receives."""
        self._count(deployment, plan)
        if not deployment.exists:
            return
        size = min(10, len(deployment.messages))
        batch, rest = deployment.messages[:size], deployment.messages[size:]
        failed = isinstance(result, BaseException) or bool(result["batchItemFailures"])
        kept = [each + 1 for each in batch if each + 1 < MOST_RECEIVES] if failed else []
        deployment.messages = kept + rest

    def _plan(self, plan: Plan | None) -> Plan:
        if plan is not None:
            return plan
        return self.default_plan if self.default_plan is not None else Plan()

    def _count(self, deployment: Deployment, plan: Plan) -> None:
        self.looks += 1
        self.most_calls = max(self.most_calls, plan.size)
        deployment.disturbed += plan.struck
        deployment.refused = deployment.refused or (plan.struck and plan.fail_with == DENIED)

    # People

    def register(self, quality: str, *, approval: str, status: str = "Completed") -> str:
        """A pipeline registers a version that will behave so."""
        self.registry.now = max(self.registry.now, self.fake.now)
        arn = self.registry.register(self.group, approval=approval, status=status)
        (container,) = self.registry.packages[arn]["InferenceSpecification"]["Containers"]
        bucket, _, key = container["ModelDataUrl"].removeprefix("s3://").partition("/")
        self.fake.objects[bucket, key] = b"model"
        self.quality[arn] = quality
        self.approvals[arn] += approval == "Approved"
        return arn

    def decide(self, arn: str, approval: str) -> None:
        """A person approves or rejects, some seconds away from whatever the library writes."""
        self.fake.advance(10)
        self.decisions[arn] += 1
        self.approvals[arn] += approval == "Approved"
        self.registry.now = max(self.registry.now, self.fake.now)
        self.registry.decide(arn, approval)
        self.fake.advance(10)

    # Stacks

    def create(self, deployment: Deployment, hosting: Hosting) -> None:
        """A stack is created, or created again."""
        deployment.exists = True
        deployment.in_flight_until = 0.0
        deployment.hosting = hosting
        deployment.changes += 1
        self._begin(deployment, "Create", back_to=None)

    def begin_update(self, deployment: Deployment, hosting: Hosting, plan: Plan | None = None) -> None:
        """A stack update that changes the hosting config."""
        old, deployment.hosting = deployment.hosting, hosting
        deployment.changes += 1
        self._begin(deployment, "Update", back_to=old, plan=plan)

    def _begin(
        self, deployment: Deployment, kind: str, *, back_to: Hosting | None, plan: Plan | None = None
    ) -> None:
        event = {
            "RequestType": kind,
            "ResourceType": contract.MODEL_DEPLOYMENT,
            "PhysicalResourceId": deployment.endpoint,
            "StackId": f"arn:aws:cloudformation:{fake_aws.REGION}:{fake_aws.ACCOUNT}:stack/Churn/0a1b2c3d",
            "LogicalResourceId": "Deployment",
            "RequestId": "c1a2b3c4-1111-2222-3333-444455556666",
            "ResourceProperties": deployment.properties(),
        }
        if kind == "Update":
            event["OldResourceProperties"] = deployment.properties(back_to)
        plan = self._plan(plan)
        answer = self.turns.alone(lambda: custom_resource.on_event(event, Context(self.fake)), plan)
        self._count(deployment, plan)
        while isinstance(answer, Killed) and self.retries_operations:
            answer = self.turns.alone(lambda: custom_resource.on_event(event, Context(self.fake)), plan)
        if isinstance(answer, BaseException):
            self._operation_failed(deployment, back_to, answer)
        else:
            assert len(json.dumps(answer)) < 4096
            deployment.operation = Operation(event={**event, **answer}, back_to=back_to)

    def poll(self, deployment: Deployment, plan: Plan | None = None) -> None:
        """The provider asks whether the stack operation is complete."""
        if deployment.operation is None:
            return
        plan = self._plan(plan)
        self.after_poll(deployment, self.turns.alone(self.poll_look(deployment), plan), plan)

    def poll_look(self, deployment: Deployment) -> Callable[[], Any]:
        """The provider's question, to be asked."""
        assert deployment.operation is not None
        event = deployment.operation.event
        return lambda: custom_resource.is_complete(event, Context(self.fake))

    def after_poll(self, deployment: Deployment, result: Any, plan: Plan) -> None:
        """CloudFormation goes on, waits, or rolls back."""
        self._count(deployment, plan)
        assert deployment.operation is not None
        if isinstance(result, Killed) and self.retries_operations:
            return
        back_to = deployment.operation.back_to
        if isinstance(result, BaseException):
            self._operation_failed(deployment, back_to, result)
        elif result["IsComplete"]:
            deployment.operation = None

    def _operation_failed(
        self, deployment: Deployment, back_to: Hosting | None, error: BaseException
    ) -> None:
        deployment.operation = None
        deployment.failed_operations.append(str(error))
        assert len(str(error).encode()) < 1024, error
        if back_to is not None:
            deployment.hosting = back_to
            deployment.changes += 1
            self._begin(deployment, "Update", back_to=None)

    def begin_deletion(self, deployment: Deployment) -> None:
        """The stack goes: first the waiting resource, then the triggers, and the cleanup last."""
        deployment.operation = deployment.at_rest = deployment.scaled_to = None
        deployment.exists = False
        deployment.messages.clear()
        # No trigger is gone at once.
        self.fake.advance(30)

    def removal_look(self, deployment: Deployment) -> Callable[[], Any]:
        """The cleanup's question, to be asked."""
        event = {
            "RequestType": "Delete",
            "ResourceType": contract.MODEL_DEPLOYMENT_CLEANUP,
            "PhysicalResourceId": deployment.endpoint,
            "StackId": f"arn:aws:cloudformation:{fake_aws.REGION}:{fake_aws.ACCOUNT}:stack/Churn/0a1b2c3d",
            "LogicalResourceId": "Cleanup",
            "RequestId": "c1a2b3c4-1111-2222-3333-444455556666",
            "ResourceProperties": deployment.properties(),
        }
        return self._deletion(event)

    def finish_deletion(self, deployment: Deployment) -> None:
        """The provider asks until nothing is left."""
        self._until_complete(deployment, self.removal_look(deployment))

    def purge(self) -> None:
        """The stack of the model package group goes, and was told to take the group with it."""
        event = {
            "RequestType": "Delete",
            "ResourceType": contract.MODEL_PACKAGE_GROUP_PURGE,
            "PhysicalResourceId": GROUP,
            "StackId": f"arn:aws:cloudformation:{fake_aws.REGION}:{fake_aws.ACCOUNT}:stack/Churn/0a1b2c3d",
            "LogicalResourceId": "Purge",
            "RequestId": "c1a2b3c4-1111-2222-3333-444455556666",
            "ResourceProperties": {contract.MODEL_PACKAGE_GROUP_NAME: GROUP},
        }
        self._until_complete(self.deployments[0], self._deletion(event))

    def _deletion(self, event: dict[str, Any]) -> Callable[[], Any]:
        def delete() -> Any:
            answer = custom_resource.on_event(event, Context(self.fake))
            return custom_resource.is_complete({**event, **answer}, Context(self.fake))

        return delete

    def _until_complete(self, deployment: Deployment, delete: Callable[[], Any], *, most: int = 60) -> None:
        for _ in range(most):
            plan = self._plan(None)
            result = self.turns.alone(delete, plan)
            self._count(deployment, plan)
            if isinstance(result, Killed) and self.retries_operations:
                continue
            if isinstance(result, BaseException):
                raise AssertionError(f"removal failed: {result!r}") from result
            if result["IsComplete"]:
                return
            self.fake.advance(60)
        raise AssertionError(f"{deployment.endpoint} was not removed in {most} rounds")

    # Quiet

    def quiesce(self, *, most: int = 60) -> None:
        """Delivers everything, and the slow schedule, until nothing changes any more."""
        self.fake.forget_faults()
        for _ in range(most):
            self.fake.advance(STEP_IN_SECONDS)
            before = len(self.fake.changes)
            busy = self._everything_due()
            if not busy and len(self.fake.changes) == before and self.fake.quiet:
                return
        raise AssertionError(
            f"no rest after {most} rounds; last calls: {[name for name, _ in self.fake.calls[-40:]]}"
        )

    def _everything_due(self) -> bool:
        busy = self.distribute() > 0
        for each in self.deployments:
            if not each.exists:
                continue
            if each.operation is not None:
                busy = True
                self.poll(each)
            busy = busy or bool(each.messages)
            self.trigger(each)
            self.deliver(each)
            busy = busy or bool(each.messages)
        return busy

    @contextmanager
    def in_charge(self) -> Iterator[None]:
        """Lets the handlers run in this world, and by its clock."""
        put_in_charge(self.fake)
        with (
            mock.patch.object(aws_calls.boto3, "client", fake_aws.client),
            mock.patch.object(aws_calls, "sleep", self.fake.sleep, create=True),
            mock.patch.object(aws_calls, "clock", self.fake.time, create=True),
            mock.patch.object(aws_calls.time, "sleep", self.fake.sleep),
        ):
            _clear_caches()
            # What the handlers log of thousands of failures on purpose is of no use to anyone.
            logging.disable()
            try:
                yield
            finally:
                logging.disable(logging.NOTSET)
                _clear_caches()


def _clear_caches() -> None:
    for value in vars(aws_calls).values():
        clear = getattr(value, "cache_clear", None)
        if clear is not None:
            clear()


def deployment(endpoint: str = "churn", hosting: Hosting = SERVERLESS) -> Deployment:
    return Deployment(endpoint=endpoint, prefix=f"{endpoint}-0a1b2c3d", hosting=hosting)
