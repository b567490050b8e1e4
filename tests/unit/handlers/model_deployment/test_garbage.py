from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cdk_sagemaker_mlops.handlers.errors import RetryableError
from cdk_sagemaker_mlops.handlers.model_deployment.controller import look
from cdk_sagemaker_mlops.handlers.model_deployment.decisions import Failed, Settled
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings

GROUP = "churn-models"
ENDPOINT = "churn"


def versions(fake: Any) -> list[int]:
    """Versions whose model is still there, and whose endpoint config is too."""
    assert [*fake.models] == [*fake.endpoint_configs]
    return sorted(int(name.split("-v")[1].split("-")[0]) for name in fake.models)


def approve_and_deploy(fake: Any, deploy: Callable[..., None], settings: Settings, count: int) -> None:
    for _ in range(count):
        fake.register(GROUP, approval="Approved")
        deploy(settings)


@pytest.mark.parametrize(("keep", "left"), [(1, [6, 7]), (3, [5, 6, 7]), (20, [1, 2, 3, 4, 5, 6, 7])])
def test_the_versions_deployed_last_and_the_one_to_go_back_to_are_kept(
    fake: Any, settings: Settings, deploy: Callable[..., None], keep: int, left: list[int]
) -> None:
    settings = replace(settings, hosting={**settings.hosting, "KeepVersions": keep})
    approve_and_deploy(fake, deploy, settings, 7)
    assert versions(fake) == left


def test_nothing_is_deleted_while_nothing_is_new(
    fake: Any, settings: Settings, deploy: Callable[..., None]
) -> None:
    approve_and_deploy(fake, deploy, settings, 4)
    fake.calls.clear()
    assert isinstance(look(settings), Settled)
    assert len(fake.calls) == 4


def test_only_looks_that_never_overlap_delete(
    fake: Any, settings: Settings, deploy: Callable[..., None]
) -> None:
    approve_and_deploy(fake, deploy, settings, 3)
    fake.register(GROUP, approval="Approved")
    look(settings)
    fake.settle(ENDPOINT)
    assert isinstance(look(settings, sweeps=False), Settled)
    assert versions(fake) == [1, 2, 3, 4]
    look(settings)
    assert versions(fake) == [2, 3, 4]


def test_the_memory_of_a_failure_is_kept_until_it_is_superseded(
    fake: Any, settings: Settings, deploy: Callable[..., None]
) -> None:
    settings = replace(settings, hosting={**settings.hosting, "KeepVersions": 1})
    approve_and_deploy(fake, deploy, settings, 1)
    fake.register(GROUP, approval="Approved")
    look(settings)
    fake.roll_back(ENDPOINT)
    assert isinstance(look(settings), Failed)
    assert versions(fake) == [1, 2]
    approve_and_deploy(fake, deploy, settings, 2)
    assert versions(fake) == [3, 4]
    # It is remembered on the package still: going back does not try it again.
    fake.advance(10)
    for package in [*fake.packages][2:]:
        fake.decide(package, "Rejected")
    fake.calls.clear()
    look(settings)
    fake.settle(ENDPOINT)
    assert isinstance(look(settings), Failed)
    assert fake.served(ENDPOINT) == next(iter(fake.packages))


def test_a_failure_that_the_package_could_not_be_marked_with_stays(
    fake: Any, settings: Settings, deploy: Callable[..., None]
) -> None:
    settings = replace(settings, hosting={**settings.hosting, "KeepVersions": 1})
    fake.deny("UpdateModelPackage")
    approve_and_deploy(fake, deploy, settings, 1)
    fake.register(GROUP, approval="Approved")
    look(settings)
    fake.roll_back(ENDPOINT)
    look(settings)
    approve_and_deploy(fake, deploy, settings, 2)
    assert versions(fake) == [2, 3, 4]


def test_a_model_whose_config_was_refused_goes_in_time(
    fake: Any, settings: Settings, deploy: Callable[..., None]
) -> None:
    approve_and_deploy(fake, deploy, settings, 1)
    fake.register(GROUP, approval="Approved")
    fake.fail_next("CreateEndpointConfig", "ValidationException", "1 validation error detected")
    assert isinstance(look(settings), Failed)
    assert len(fake.models) == 2
    fake.advance(7200)
    approve_and_deploy(fake, deploy, settings, 1)
    assert versions(fake) == [1, 3]


def test_a_sweep_that_is_cut_short_goes_on(
    fake: Any, settings: Settings, deploy: Callable[..., None]
) -> None:
    approve_and_deploy(fake, deploy, settings, 3)
    fake.register(GROUP, approval="Approved")
    look(settings)
    fake.settle(ENDPOINT)
    fake.fail_next("DeleteModel", "ThrottlingException", "Rate exceeded")
    with pytest.raises(RetryableError):
        look(settings)
    assert len(fake.models) == 4
    assert isinstance(look(settings), Settled)
    fake.advance(7200)
    approve_and_deploy(fake, deploy, settings, 1)
    assert versions(fake) == [3, 4, 5]


def test_much_garbage_is_deleted_in_several_looks(
    fake: Any, settings: Settings, deploy: Callable[..., None]
) -> None:
    many = replace(settings, hosting={**settings.hosting, "KeepVersions": 20})
    approve_and_deploy(fake, deploy, many, 20)
    few = replace(settings, hosting={**settings.hosting, "KeepVersions": 2})
    left = []
    for _ in range(4):
        look(few)
        left.append(len(fake.models))
    assert left == [10, 2, 2, 2]
