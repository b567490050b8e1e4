"""Carries out what was asked of an endpoint: loads the models, moves the traffic, goes back if it must."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cdk_sagemaker_mlops.local.engine.context import Context
from cdk_sagemaker_mlops.local.engine.fleets import Fleet, LoadError
from cdk_sagemaker_mlops.local.engine.operations.endpoint_record import enter, show_shift, use
from cdk_sagemaker_mlops.local.engine.operations.variants import resolve_variants
from cdk_sagemaker_mlops.local.engine.rollouts.plan import Plan
from cdk_sagemaker_mlops.local.engine.store import Record


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """A move of an endpoint to a config.

    Args:
        record: The endpoint.
        config: The config.
        served: What the endpoint's record says once it serves the config.
        plan: How its traffic moves.
    """

    record: Record
    config: Record
    served: Record
    plan: Plan

    @property
    def endpoint_arn(self) -> str:
        """ARN of the endpoint."""
        return str(self.record["EndpointArn"])


def finish_create(context: Context, rollout: Rollout) -> None:
    """Brings a new endpoint up: ``InService``, or ``Failed`` with the reason."""
    try:
        fleet = _load(context, rollout)
    except LoadError as error:
        with context.services.store.lock:
            rollout.record["FailureReason"] = str(error)
            enter(context, rollout.record, "Failed")
        return
    context.services.fleets.serve(rollout.endpoint_arn, fleet)
    with context.services.store.lock:
        enter(context, rollout.record, "InService")


def finish_update(context: Context, rollout: Rollout) -> None:
    """Moves an endpoint: ``InService`` with the new config, or with the old one and the reason."""
    before = dict(rollout.record)
    try:
        fleet = _load(context, rollout)
    except LoadError as error:
        _roll_back(context, rollout, before, str(error))
        return
    trouble = _shift(context, rollout, fleet)
    if trouble is not None:
        _roll_back(context, rollout, before, trouble)
        return
    context.services.fleets.serve(rollout.endpoint_arn, fleet)
    with context.services.store.lock:
        rollout.record.pop("PendingDeploymentSummary", None)
        use(rollout.record, rollout.served)
        enter(context, rollout.record, "InService")


def _load(context: Context, rollout: Rollout) -> Fleet:
    weights = {
        variant["VariantName"]: variant["DesiredWeight"] for variant in rollout.served["ProductionVariants"]
    }
    with context.services.store.lock:
        variants = [
            replace(variant, weight=weights[variant.name])
            for variant in resolve_variants(context, rollout.config)
        ]
    return context.services.fleets.load(context.scope, rollout.endpoint_arn, variants)


def _shift(context: Context, rollout: Rollout, fleet: Fleet) -> str | None:
    """Moves the traffic step by step; gives what went wrong, if anything did."""
    waited = 0.0
    for step in rollout.plan.steps:
        context.services.fleets.split(rollout.endpoint_arn, fleet, step.percent)
        with context.services.store.lock:
            show_shift(rollout.record, rollout.served, step.percent, "Baking")
        trouble = context.services.watch(step.wait, lambda: _alarm_trouble(context, rollout.plan))
        if trouble is not None:
            return trouble
        waited += step.wait
        if rollout.plan.timeout is not None and waited > rollout.plan.timeout:
            return f"The deployment took longer than {rollout.plan.timeout:g} seconds."
    return None


def _alarm_trouble(context: Context, plan: Plan) -> str | None:
    ringing = [name for name in plan.alarms if context.services.alarm_state(context.scope, name) == "ALARM"]
    return f"The following alarms are in the ALARM state: {', '.join(ringing)}." if ringing else None


def _roll_back(context: Context, rollout: Rollout, before: Record, reason: str) -> None:
    record = rollout.record
    with context.services.store.lock:
        record["ProductionVariants"] = before["ProductionVariants"]
        enter(context, record, "RollingBack")
    context.services.fleets.abandon(rollout.endpoint_arn)
    with context.services.store.lock:
        record.pop("PendingDeploymentSummary", None)
        record["FailureReason"] = reason
        enter(context, record, "InService")
