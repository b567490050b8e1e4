"""What must be true at a quiet moment, said without any of the handlers' own words.

It knows what nobody else does: which package works. From that, the group's approvals and the stack's hosting config it
says what the endpoint may serve, and looks at the fake's tables only to see whether it does.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from fake_aws import FAILS

from .hostings import Hosting
from .world import CRASHING, GOOD, GROUP, STICKING, UNLOADABLE, WRONG, Deployment, World

Served = tuple[int, tuple[str, str]]


def approved(world: World) -> list[int]:
    """Versions that are asked for, newest first."""
    found = [
        package["ModelPackageVersion"]
        for package in world.fake.packages.values()
        if package["ModelPackageGroupName"] == GROUP
        and package["ModelApprovalStatus"] == "Approved"
        and package["ModelPackageStatus"] == "Completed"
    ]
    return sorted(found, reverse=True)


def loads(world: World, version: int, served_as: tuple[str, str], hosting: Hosting) -> bool:
    """Whether SageMaker gets a version into service."""
    works = hosting.works if hosting.served_as == served_as else True
    return works and world.quality[_arn(world, version)] not in (UNLOADABLE, STICKING)


def answers(world: World, version: int) -> bool:
    """Whether a version in service answers as a smoke test asks."""
    return world.quality[_arn(world, version)] not in (WRONG, CRASHING)


def served(world: World, deployment: Deployment) -> Served | None:
    """Version and hosting that the endpoint serves; ``None`` if there is no endpoint.

    Raises:
        AssertionError: There is one that serves nothing.
    """
    endpoint = world.fake.endpoints.get(deployment.endpoint)
    if endpoint is None:
        return None
    assert endpoint["EndpointStatus"] == "InService", endpoint
    config = world.fake.endpoint_configs[endpoint["EndpointConfigName"]]
    variant = config["ProductionVariants"][0]
    version = int(world.fake.served(deployment.endpoint).rpartition("/")[2])
    if "ServerlessConfig" in variant:
        return version, ("Serverless", str(variant["ServerlessConfig"]["MemorySizeInMB"]))
    kind = "Async" if "AsyncInferenceConfig" in config else "RealTime"
    return version, (kind, variant["InstanceType"])


def check_serves(world: World, deployment: Deployment) -> None:
    """The endpoint serves the newest approved version that works."""
    is_served = served(world, deployment)
    hosting = deployment.hosting
    asked_for = approved(world)
    working = [each for each in asked_for if _works(world, each, hosting)]
    said = (
        f"{deployment.endpoint} serves {is_served}; approved {asked_for}, of which {working} work on {hosting}; "
        f"qualities {_qualities(world)}; operations failed: {deployment.failed_operations}"
    )
    if not asked_for:
        # Kept as it is, or gone; a Failed endpoint or one whose only version failed is not kept either.
        assert is_served is None or not hosting.removes, said
        return
    if is_served is None:
        assert not working, said
        return
    version, served_as = is_served
    good = _served_well(world, deployment, version)
    if not working:
        assert good, said
        return
    best = working[0]
    as_asked = version == best and served_as == hosting.served_as
    # A new hosting config that works for older versions only is no reason to go back to those.
    stays = version > best and version in asked_for and good
    # The version may have gone into service before there was a smoke test that it would not pass.
    assert as_asked or stays, said
    assert not _left_for_older(world, deployment, version), said


def _left_for_older(world: World, deployment: Deployment, version: int) -> bool:
    """Whether a good version, asked for all the time, had to go for an older one with nothing newer in between."""
    if deployment.at_rest is None:
        return False
    before, decisions, rollouts = deployment.at_rest
    arn = _arn(world, before)
    newer = [
        each
        for each in world.fake.rollouts[rollouts:]
        if each.endpoint == deployment.endpoint and int(each.package.rpartition("/")[2]) > before
    ]
    return version < before and before in approved(world) and world.decisions[arn] == decisions and not newer


def remember(world: World, deployment: Deployment) -> None:
    """Keeps what is served at a quiet moment, for the next one."""
    is_served = served(world, deployment)
    deployment.at_rest = None
    if is_served is not None and _served_well(world, deployment, is_served[0]):
        decisions = world.decisions[_arn(world, is_served[0])]
        deployment.at_rest = (is_served[0], decisions, len(world.fake.rollouts))


def _works(world: World, version: int, hosting: Hosting) -> bool:
    return loads(world, version, hosting.served_as, hosting) and (
        not hosting.tested or answers(world, version)
    )


def _served_well(world: World, deployment: Deployment, version: int) -> bool:
    arn = _arn(world, version)
    if world.quality[arn] in (UNLOADABLE, STICKING):
        return False
    return answers(world, version) or arn in deployment.untested


def check_scaling(world: World, deployment: Deployment) -> None:
    """Scaling is registered as the stack says, on the endpoint that is, and nowhere else."""
    is_served = served(world, deployment)
    prefix = f"endpoint/{deployment.endpoint}/"
    targets = {key: each for key, each in world.fake.scalable_targets.items() if key.startswith(prefix)}
    hosting = deployment.hosting
    if is_served is None:
        assert not targets, f"scaling is left without an endpoint: {targets}"
        return
    if is_served[1] != hosting.served_as or not approved(world):
        return
    if not hosting.scaled or hosting.kind == "Serverless":
        assert not targets, f"scaling is left that the stack no longer asks for: {targets}"
        return
    bounds = [(each["MinCapacity"], each["MaxCapacity"]) for each in targets.values()]
    assert bounds == [(0 if hosting.kind == "Async" else 2, 4)], (
        f"scaling of {deployment.endpoint}: {targets}"
    )
    _check_scaled_out(world, deployment)
    policies = [name for key, name in world.fake.scaling_policies if key.startswith(prefix)]
    assert any(name.endswith("invocations") for name in policies), policies
    actions = [name for key, name in world.fake.scheduled_actions if key.startswith(prefix)]
    assert len(actions) == 1, actions


def _check_scaled_out(world: World, deployment: Deployment) -> None:
    """What autoscaling has come to survives updates that change nothing about it."""
    if deployment.scaled_to is None:
        return
    count, changes, rollouts = deployment.scaled_to
    since = [each for each in world.fake.rollouts[rollouts:] if each.endpoint == deployment.endpoint]
    if changes == deployment.changes and not any(each.creates for each in since):
        (variant,) = world.fake.endpoints[deployment.endpoint]["ProductionVariants"]
        assert variant["DesiredInstanceCount"] == count, (variant, count)


def check_garbage(world: World, deployment: Deployment) -> None:
    """Models do not pile up: what is served, what was before, the last deployed ones."""
    best = next((each for each in approved(world) if _works(world, each, deployment.hosting)), None)
    if best is None or served(world, deployment) != (best, deployment.hosting.served_as):
        # What stays in service only for want of anything better is not what garbage is told from.
        return
    own = [name for name in world.fake.models if name.startswith(deployment.prefix)]
    # What failed may keep its model until something newer succeeds: of a bad version, or of a bad hosting config.
    failed = [each for each in world.quality if world.quality[each] != GOOD]
    ended = [each for each in world.fake.rollouts if each.endpoint == deployment.endpoint]
    refused = {each.config for each in ended if each.outcome == FAILS}
    # What a change of the stack cut short is kept for an hour: another look may be about to roll it out.
    most = (
        deployment.hosting.keep
        + 2
        + len(failed) * 2
        + len(refused)
        + deployment.changes
        + deployment.disturbed
    )
    assert len(own) <= most, f"{len(own)} models of {deployment.endpoint}: {own}"


def check_attempts(world: World, deployment: Deployment) -> None:
    """No failed version is tried again unasked: once an approval or hosting config, and once more a disturbed look."""
    tried: Counter[str] = Counter()
    for rollout in world.fake.rollouts:
        if rollout.endpoint == deployment.endpoint and _is_bad(world, deployment, rollout.package):
            tried[rollout.package] += 1
    for package, times in tried.items():
        allowed = world.approvals[package] + deployment.changes + deployment.disturbed
        assert times <= allowed, f"{package} was tried {times} times, asked for {allowed} times"


def _is_bad(world: World, deployment: Deployment, package: str) -> bool:
    if world.quality[package] in (UNLOADABLE, STICKING):
        return True
    return world.quality[package] in (WRONG, CRASHING) and package not in deployment.untested


def check_told(world: World, deployment: Deployment) -> None:
    """Of each version that is asked for, up to the one served, people were told how it ended."""
    if deployment.refused:
        # A topic that refuses does not keep models from being deployed.
        return
    is_served = served(world, deployment)
    for version in approved(world):
        if is_served is not None and version < is_served[0]:
            return
        arn = _arn(world, version)
        told = any(
            arn in message["Message"] and deployment.endpoint in message["Subject"]
            for message in world.fake.messages
        )
        assert told, (
            f"nobody was told of version {version}: {[each['Subject'] for each in world.fake.messages]}"
        )


def check_look(world: World, deployment: Deployment) -> None:
    """A look that finds nothing to do makes four calls; two more for each version that failed, one for what stays."""
    is_served, asked_for, calls = served(world, deployment), approved(world), deployment.last_look
    if asked_for and is_served == (asked_for[0], deployment.hosting.served_as):
        assert len(calls) <= 4, calls
    # Which of them have failed depends on what the endpoint has been through; all of them may have.
    assert len(calls) <= 5 + 2 * len(asked_for), (calls, asked_for)


def check_nothing_left(world: World, deployment: Deployment) -> None:
    """Nothing is left of a deployment after its stack."""
    fake = world.fake
    left: dict[str, Any] = {
        "endpoint": [each for each in fake.endpoints if each == deployment.endpoint],
        "endpoint configs": [each for each in fake.endpoint_configs if each.startswith(deployment.prefix)],
        "models": [each for each in fake.models if each.startswith(deployment.prefix)],
        "scalable targets": [key for key in fake.scalable_targets if f"/{deployment.endpoint}/" in key],
        "policies": [key for key in fake.scaling_policies if f"/{deployment.endpoint}/" in key[0]],
        "scheduled actions": [key for key in fake.scheduled_actions if f"/{deployment.endpoint}/" in key[0]],
        "alarms": [each for each in fake.alarms if each.startswith(deployment.prefix)],
    }
    assert not any(left.values()), {key: value for key, value in left.items() if value}


def _arn(world: World, version: int) -> str:
    group_arn: str = world.fake.groups[GROUP]["arn"]
    return f"{group_arn.replace('model-package-group', 'model-package')}/{version}"


def _qualities(world: World) -> dict[int, str]:
    return {int(arn.rpartition("/")[2]): quality for arn, quality in world.quality.items()}
