"""Each permission that the real template grants to the deployer is needed, by the real Lambda.

It begins each scenario without any. What it is refused is granted to its role at that moment, through IAM, and
nothing else is: so a scenario gets past a call only once that call's permission is there, and at its end what was
granted is what it cannot do without. A permission is an action on a resource. One that is in the template and
that no scenario needs fails the test, and so does one that a scenario needs and that is not in the template.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from cdk_sagemaker_mlops.handlers import contract

pytestmark = pytest.mark.long

_REFUSED = re.compile(r"refused: (\S+) may not (\S+) on (\S+)")
_SCALING_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
_TRIED = "tried"
_AT_REST = ("", "InService", "Failed")

Grant = tuple[str, str, str]
"""Action, resource, and the condition as JSON."""


class Deployer:
    """One deployment's functions and their policy.

    Args:
        loop: The deployed stack.
        endpoint: Name of the endpoint.
    """

    def __init__(self, loop: Any, endpoint: str) -> None:
        self.loop, self.aws, self.endpoint = loop, loop.aws, endpoint
        functions = getattr(self.aws, "lambda").list_functions()["Functions"]
        self.function = _one(functions, f"{endpoint.capitalize()}Controller")
        self._is_complete = _one(functions, "CustomResourcesIsComplete")
        self.roles = [one["Role"].rpartition("/")[2] for one in (self.function, self._is_complete)]
        attached = self.aws.iam.list_attached_role_policies(RoleName=self.roles[0])["AttachedPolicies"]
        (self._policy,) = (one["PolicyArn"] for one in attached)
        version = self.aws.iam.get_policy(PolicyArn=self._policy)["Policy"]["DefaultVersionId"]
        document = self.aws.iam.get_policy_version(PolicyArn=self._policy, VersionId=version)
        self.template = set(_grants(document["PolicyVersion"]["Document"]))
        self.granted: set[Grant] = set()
        self.needed: set[Grant] = set()
        self.missing: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._grant_what_is_refused, daemon=True)

    def __enter__(self) -> Deployer:
        """Takes everything from the roles, and the triggers from the function."""
        self.aws.until(self.loop.is_quiet, 60)
        self._switch(False)
        for role in self.roles:
            self.aws.iam.detach_role_policy(RoleName=role, PolicyArn=self._policy)
        self.forbid_all()
        self._watch.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._watch.join()
        for role in self.roles:
            self.aws.iam.delete_role_policy(RoleName=role, PolicyName=_TRIED)
            self.aws.iam.attach_role_policy(RoleName=role, PolicyArn=self._policy)
        self._switch(True)

    def _switch(self, on: bool) -> None:
        client = getattr(self.aws, "lambda")
        name = self.function["FunctionName"]
        for mapping in client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]:
            client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=on)

    def forbid_all(self) -> None:
        """Takes every permission of the deployment from its roles."""
        self.granted = set()
        self._put()

    def _put(self) -> None:
        with self._lock:
            self._put_all()

    def _put_all(self) -> None:
        # IAM wants a statement: reading nothing that exists.
        nothing: Grant = ("s3:GetObject", "arn:aws:s3:::none", "{}")
        statements = [
            {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": json.loads(condition)}
            for action, resource, condition in sorted(self.granted | {nothing})
        ]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        for role in self.roles:
            self.aws.iam.put_role_policy(RoleName=role, PolicyName=_TRIED, PolicyDocument=document)

    def look(self) -> str:
        """What the queue's function says of one message."""
        record = {"messageId": "1", "attributes": {"ApproximateReceiveCount": "1"}}
        return self._invoke(self.function, {"Records": [record]})

    def remove(self) -> str:
        """What the custom resource says when the stack is deleted."""
        variables = self.function["Environment"]["Variables"]
        properties = {name: variables[key] for key, name in contract.PROPERTY_OF.items() if key in variables}
        event = {"RequestType": "Delete", "ResourceType": contract.MODEL_DEPLOYMENT_CLEANUP}
        return self._invoke(self._is_complete, {**event, "ResourceProperties": properties})

    def _invoke(self, function: dict[str, Any], event: dict[str, Any]) -> str:
        answered = getattr(self.aws, "lambda").invoke(
            FunctionName=function["FunctionName"], Payload=json.dumps(event), LogType="Tail"
        )
        log = base64.b64decode(answered.get("LogResult", "")).decode()
        return f"{answered['Payload'].read().decode()}\n{log}"

    def until(self, act: Callable[[], str], done: Callable[[str], bool]) -> None:
        """Acts, from no permission at all, until it is done and nothing was refused any more."""
        self.forbid_all()
        for _ in range(60):
            before = set(self.granted)
            said = act()
            self.aws.until(lambda: self.loop.endpoint(self.endpoint).get("EndpointStatus", "") in _AT_REST)
            # A refusal is granted within a moment of its line in the log.
            if done(said) and not self._ended.wait(0.3) and self.granted == before:
                return
        raise AssertionError(f"not done with {sorted(self.granted)}: {said}")

    def _grant_what_is_refused(self) -> None:
        with self.aws.engine.log_path.open() as log:
            log.seek(0, io.SEEK_END)
            while not self._ended.wait(0.05):
                for caller, action, resource in _REFUSED.findall(log.read()):
                    if any(f"/{role}/" in caller for role in self.roles):
                        self._grant(action, resource)

    def _grant(self, action: str, resource: str) -> None:
        fitting = {one for one in self.template if one[0] == action and fnmatchcase(resource, one[1])}
        if not fitting:
            self.missing.add((action, resource))
        # Of two that fit, the narrower is tried first: a condition may not be met by it.
        left = sorted(fitting - self.granted, key=lambda one: (-len(one[1]), one))
        if left and not fitting & self.granted:
            self.granted.add(left[0])
            self.needed.add(left[0])
            self._put()

    def is_served(self, version: int) -> bool:
        """Whether a version is served; whether it says so is up to a permission, too."""
        return bool(self.loop.version(self.endpoint) == version)


def _went_well(said: str) -> bool:
    return said.startswith('{"batchItemFailures": []}')


def _one(functions: list[dict[str, Any]], part: str) -> dict[str, Any]:
    (found,) = (one for one in functions if part in one["FunctionName"])
    return found


def _grants(document: dict[str, Any]) -> Iterator[Grant]:
    for statement in document["Statement"]:
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                yield action, resource, json.dumps(statement.get("Condition", {}), sort_keys=True)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.fixture(scope="module")
def deployed(loop: Any) -> Iterator[Any]:
    loop.deploy(live="instances", later="async")
    yield loop
    loop.forget()


def _all_that_is_needed(loop: Any, endpoint: str) -> tuple[set[Grant], set[Grant]]:
    """What the template grants one deployer, and what it needs in its life."""
    first = loop.approve()
    loop.comes_to(first, endpoint)
    with Deployer(loop, endpoint) as deployer:
        # The first endpoint of an account that scales makes it.
        with contextlib.suppress(loop.aws.iam.exceptions.NoSuchEntityException):
            loop.aws.iam.delete_role(RoleName=_SCALING_ROLE)
        deployer.until(deployer.remove, lambda said: '"IsComplete": true' in said)
        assert loop.endpoint(endpoint) == {}
        with _strange_endpoint(loop, endpoint, first):
            deployer.until(deployer.look, lambda said: True)
            assert loop.endpoint(endpoint)["EndpointConfigName"] == f"strange-{endpoint}"
        deployer.until(deployer.look, lambda said: _went_well(said) and deployer.is_served(first))
        # The last of two more versions makes the first one's model and config superfluous.
        for _ in range(2):
            version = loop.approve()
            deployer.until(
                deployer.look, lambda said, version=version: _went_well(said) and deployer.is_served(version)
            )
    assert deployer.missing == set()
    return deployer.template, deployer.needed


@contextlib.contextmanager
def _strange_endpoint(loop: Any, name: str, version: int) -> Iterator[None]:
    """An endpoint of somebody else's, with the name that the deployer's has."""
    aws = loop.aws
    config = aws.config(f"strange-{name}", loop.package_arn(version))
    aws.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    aws.settled(name)
    yield
    aws.sagemaker.delete_endpoint(EndpointName=name)
    aws.until(lambda: loop.endpoint(name) == {})
    aws.sagemaker.delete_endpoint_config(EndpointConfigName=config)
    aws.sagemaker.delete_model(ModelName=config)


def _kinds(grants: set[Grant]) -> set[tuple[str, str]]:
    """Grants without what is a deployment's own in the names of its resources."""
    named = re.compile(r"live|later|Live|Later|-[0-9a-f]{6,}|[0-9A-F]{8,}(-[0-9A-F]{8,})?")
    return {(action, named.sub("", resource)) for action, resource, _ in grants}


def test_every_permission_of_the_deployer_is_needed(deployed: Any) -> None:
    live, live_needed = _all_that_is_needed(deployed, "live")
    later, later_needed = _all_that_is_needed(deployed, "later")

    # Some are granted for what a deployment may have been before, and used by the other one.
    assert _kinds(live | later) == _kinds(live_needed | later_needed)


def test_the_queue_is_polled_and_the_log_is_written_in_the_function_s_name(deployed: Any) -> None:
    aws, iam = deployed.aws, deployed.aws.iam
    function = _one(getattr(aws, "lambda").list_functions()["Functions"], "LiveController")
    role, group = function["Role"].rpartition("/")[2], function["LoggingConfig"]["LogGroup"]
    (url,) = (one for one in aws.sqs.list_queues()["QueueUrls"] if "LiveTriggersQueue" in one)
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    grants = sorted(_grants(document))

    def put(kept: list[Grant]) -> None:
        statements = [{"Effect": "Allow", "Action": one[0], "Resource": one[1]} for one in kept]
        whole = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=whole)

    def logged() -> int:
        pages = aws.logs.get_paginator("describe_log_streams").paginate(logGroupName=group)
        return sum(len(page["logStreams"]) for page in pages)

    def works(seconds: float) -> bool:
        before = logged()
        message = {"MessageGroupId": "look", "MessageDeduplicationId": str(time.monotonic_ns())}
        aws.sqs.send_message(QueueUrl=url, MessageBody="{}", **message)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if deployed.is_quiet() and logged() > before:
                return True
            time.sleep(0.05)
        return False

    assert works(30)
    # The deployer reads the queue's attributes itself, by its own policy.
    granted_twice = {(action, resource) for action, resource, _ in Deployer(deployed, "live").template}
    for missing in (one for one in grants if one[:2] not in granted_twice):
        put([one for one in grants if one != missing])
        assert not works(2), missing
        put(grants)
        aws.until(deployed.is_quiet)
    assert {action for action, _, _ in grants} == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
    }
