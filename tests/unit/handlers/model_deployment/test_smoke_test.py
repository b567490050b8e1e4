from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from cdk_sagemaker_mlops.handlers import aws_calls
from cdk_sagemaker_mlops.handlers.errors import NotReadyError, RetryableError
from cdk_sagemaker_mlops.handlers.model_deployment.controller import look
from cdk_sagemaker_mlops.handlers.model_deployment.decisions import Failed, Settled, Wait
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings
from cdk_sagemaker_mlops.handlers.model_deployment.smoke_test import smoke_test

GROUP = "churn-models"
ENDPOINT = "churn"


@pytest.fixture
def serving(fake: Any, settings: Settings, deploy: Callable[..., None]) -> None:
    fake.register(GROUP, approval="Approved")
    deploy()
    fake.calls.clear()


def expecting(tested: Settings, **expect: str) -> Settings:
    test = {**tested.hosting["SmokeTest"], "Expect": expect}
    return replace(tested, hosting={**tested.hosting, "SmokeTest": test})


@pytest.mark.usefixtures("serving")
def test_without_a_smoke_test_nothing_is_asked(fake: Any, settings: Settings) -> None:
    assert smoke_test(settings, "v1") is None
    assert fake.calls == []


@pytest.mark.usefixtures("serving")
def test_asks_what_the_user_asks(fake: Any, tested: Settings) -> None:
    asked: list[bytes] = []
    fake.answer_of = lambda _config, body: asked.append(body) or (200, b"a good answer")
    assert smoke_test(tested, "v1") is None
    assert asked == [b"1,2,3"]
    (request,) = fake.called("InvokeEndpoint")
    assert {key: request[key] for key in ("EndpointName", "ContentType", "Accept")} == {
        "EndpointName": ENDPOINT,
        "ContentType": "text/csv",
        "Accept": "application/json",
    }


@pytest.mark.usefixtures("serving")
@pytest.mark.parametrize(
    ("expect", "problem"),
    [
        ({}, None),
        ({"Contains": "0.9"}, None),
        ({"Equals": "0.93"}, None),
        ({"Regex": r"^0\.\d+$"}, None),
        ({"Contains": "0.8"}, "the answer does not contain '0.8': '0.93\\n'"),
        ({"Equals": "0.9"}, "the answer is not '0.9': '0.93\\n'"),
        ({"Regex": "^1"}, "the answer does not match '^1': '0.93\\n'"),
    ],
)
def test_looks_at_the_answer(
    fake: Any, tested: Settings, expect: dict[str, str], problem: str | None
) -> None:
    fake.answer_of = lambda _config, _body: (200, b"0.93\n")
    said = None if problem is None else f"the smoke test failed: {problem}"
    assert smoke_test(expecting(tested, **expect), "v1") == said
    assert len(fake.called("InvokeEndpoint")) == (1 if problem is None else 3)


@pytest.mark.usefixtures("serving")
def test_a_model_that_needs_a_moment_has_three_tries(fake: Any, tested: Settings) -> None:
    answers = [(503, b"loading"), (500, b"still loading"), (200, b"good")]
    fake.answer_of = lambda _config, _body: answers.pop(0)
    assert smoke_test(tested, "v1") is None
    assert answers == []


@pytest.mark.usefixtures("serving")
def test_fails_when_the_model_answers_with_errors(fake: Any, tested: Settings) -> None:
    fake.answer_of = lambda _config, _body: (500, b"ValueError: could not convert")
    problem = smoke_test(tested, "v1")
    assert problem is not None
    assert problem.startswith("the smoke test failed: ")
    assert "ValueError: could not convert" in problem


@pytest.mark.usefixtures("serving")
def test_gives_up_when_the_time_is_over(fake: Any, tested: Settings) -> None:
    def slow(_config: str, _body: bytes) -> tuple[int, bytes]:
        fake.advance(61)
        return 500, b"slow"

    fake.answer_of = slow
    assert smoke_test(tested, "v1") is not None
    assert len(fake.called("InvokeEndpoint")) == 1


@pytest.mark.usefixtures("serving")
@pytest.mark.parametrize(
    ("code", "error"), [("ThrottlingException", RetryableError), ("AccessDeniedException", NotReadyError)]
)
def test_a_request_that_cannot_be_made_says_nothing_about_the_model(
    fake: Any, tested: Settings, code: str, error: type[Exception]
) -> None:
    fake.fail_next("InvokeEndpoint", code, "no")
    with pytest.raises(error):
        smoke_test(tested, "v1")


# Asynchronous endpoints


@pytest.fixture
def serving_async(fake: Any, asynchronous: Settings, deploy: Callable[..., None]) -> Settings:
    fake.answer_of = lambda _config, _body: (200, b"good")
    fake.register(GROUP, approval="Approved")
    deploy(asynchronous)
    fake.calls.clear()
    return asynchronous


def test_asks_an_asynchronous_endpoint_through_s3_and_tidies_up(fake: Any, serving_async: Settings) -> None:
    asked: list[bytes] = []
    fake.answer_of = lambda _config, body: asked.append(body) or (200, b"good")
    assert smoke_test(serving_async, "v1") is None
    assert asked == [b"1,2,3"]
    (request,) = fake.called("InvokeEndpointAsync")
    assert request["InputLocation"] == "s3://churn-async/out/smoke-test/v1"
    assert fake.objects == {}


def test_fails_at_once_when_an_asynchronous_answer_is_an_error(fake: Any, serving_async: Settings) -> None:
    fake.answer_of = lambda _config, _body: (500, b"boom")
    problem = smoke_test(serving_async, "v1")
    assert problem == "the smoke test failed: the model answered with an error: 'boom'"
    assert fake.objects == {}


def test_fails_when_an_asynchronous_answer_does_not_come(fake: Any, serving_async: Settings) -> None:
    # Where the bucket may not be listed, S3 words "not there" as "not allowed".
    fake.fail_next("GetObject", "AccessDenied", "Access Denied", status=403, times=1000)
    began = fake.time()
    assert smoke_test(serving_async, "v1") == "the smoke test failed: no answer in time"
    assert 60 <= fake.time() - began < 80


# What it decides


def test_a_failed_smoke_test_puts_the_last_good_config_back(
    fake: Any, tested: Settings, deploy: Callable[..., None]
) -> None:
    fake.answer_of = lambda config, _body: (200, b"good" if "-v1-" in config else b"bad")
    first = fake.register(GROUP, approval="Approved")
    deploy(tested)
    before = fake.endpoints[ENDPOINT]["EndpointConfigName"]
    second = fake.register(GROUP, approval="Approved")
    assert look(tested) == Wait("Updating")
    fake.settle(ENDPOINT)
    fake.calls.clear()
    assert look(tested) == Wait("Updating")
    assert "CreateModel" not in fake.changes
    fake.settle(ENDPOINT)
    for _ in range(3):
        result = look(tested)
        assert isinstance(result, Failed)
        assert "the smoke test failed: the answer does not contain" in result.reason
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] == before
    assert fake.served(ENDPOINT) == first
    assert (
        "failed"
        in fake.packages[second]["CustomerMetadataProperties"]["cdk-mlops/123456789012/eu-west-1/churn"]
    )
    assert [event["DetailType"] for event in fake.sent_events] == ["Model Deployment State Change"] * 3
    # What had been good is not put to the test once more: a test that is wrong must not take it down.
    assert len(fake.called("InvokeEndpoint")) == 3


def test_a_first_version_that_fails_its_smoke_test_is_taken_down(fake: Any, tested: Settings) -> None:
    fake.answer_of = lambda _config, _body: (200, b"bad")
    fake.deletes_at_once = True
    fake.register(GROUP, approval="Approved")
    look(tested)
    fake.settle(ENDPOINT)
    assert isinstance(look(tested), Failed)
    assert fake.endpoints == {}


def test_another_smoke_test_is_a_new_attempt(
    fake: Any, tested: Settings, deploy: Callable[..., None]
) -> None:
    fake.answer_of = lambda config, _body: (200, b"good" if "-v1-" in config else b"better")
    fake.register(GROUP, approval="Approved")
    deploy(tested)
    newer = fake.register(GROUP, approval="Approved")
    look(tested)
    fake.settle(ENDPOINT)
    look(tested)
    fake.settle(ENDPOINT)
    assert isinstance(look(tested), Failed)
    deploy(expecting(tested, Contains="better"))
    assert fake.served(ENDPOINT) == newer


def test_a_version_approved_anew_while_nothing_better_serves_is_judged_where_it_is(
    fake: Any, tested: Settings
) -> None:
    fake.answer_of = lambda _config, _body: (200, b"bad")
    package = fake.register(GROUP, approval="Approved")
    look(tested)
    fake.settle(ENDPOINT)
    fake.fail_next("DeleteEndpoint", "ThrottlingException", "Rate exceeded")
    with pytest.raises(RetryableError):
        look(tested)
    fake.advance(10)
    fake.decide(package, "Approved")
    fake.answer_of = lambda _config, _body: (200, b"good")
    assert isinstance(look(tested), Settled)
    assert len(fake.called("CreateEndpoint")) == 1


def test_a_failure_counts_for_the_smoke_test_that_found_it(
    fake: Any, settings: Settings, tested: Settings
) -> None:
    # Begun without a smoke test, judged with one, as when a stack update meets a rollout under way.
    fake.answer_of = lambda _config, _body: (200, b"bad")
    fake.deletes_at_once = True
    fake.register(GROUP, approval="Approved")
    look(settings)
    fake.settle(ENDPOINT)
    assert isinstance(look(tested), Failed)
    assert look(settings) == Wait("Creating")


@pytest.mark.usefixtures("serving")
def test_fails_when_the_model_does_not_answer_in_time(
    fake: Any, tested: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any, **__: Any) -> None:
        fake.advance(60)
        raise ReadTimeoutError(endpoint_url="https://runtime")

    monkeypatch.setattr(
        aws_calls.client("sagemaker-runtime", attempts=1, read_timeout=60), "invoke_endpoint", silent
    )
    assert smoke_test(tested, "v1") == "the smoke test failed: no answer in time"


@pytest.mark.usefixtures("serving")
def test_fails_with_the_reason_when_the_request_is_refused(fake: Any, tested: Settings) -> None:
    fake.fail_next("InvokeEndpoint", "ValidationException", "Body is too long", times=3)
    problem = smoke_test(tested, "v1")
    assert problem is not None
    assert "Body is too long" in problem


def test_an_asynchronous_endpoint_need_not_say_where_errors_go(
    fake: Any, asynchronous: Settings, deploy: Callable[..., None]
) -> None:
    output = {"OutputConfig": {"S3OutputPath": "s3://churn-async/out/"}}
    config = {"AsyncInferenceConfig": output}
    settings = replace(asynchronous, hosting={**asynchronous.hosting, "EndpointConfig": config})
    fake.answer_of = lambda _config, _body: (200, b"good")
    fake.register(GROUP, approval="Approved")
    deploy(settings)
    fake.fail_next("PutObject", "SlowDown", "Reduce your request rate.", status=503)
    with pytest.raises(RetryableError, match="SlowDown"):
        smoke_test(settings, "v1")
