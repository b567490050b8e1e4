"""Histories of a deployer, as Hypothesis makes them up."""

from __future__ import annotations

from contextlib import ExitStack
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from . import oracle
from .hostings import ALARM, BROKEN, Hosting
from .running import Running
from .turns import BROKEN_DOWN, DENIED, LOST_ANSWER, THROTTLED, Plan
from .world import GOOD, QUALITIES, STEP_IN_SECONDS, Deployment, World, deployment

MOST_VERSIONS = 7
MOST_CALLS = 120

calls = st.integers(0, 24)
undisturbed = st.builds(Plan)
killed = st.one_of(st.builds(Plan, kill_before=calls), st.builds(Plan, kill_after=calls))
failing = st.builds(
    Plan,
    fail_at=calls,
    fail_with=st.sampled_from([THROTTLED, BROKEN_DOWN, DENIED, LOST_ANSWER]),
    fail_times=st.sampled_from([1, 1, 2, 9]),
)
plans = st.one_of(undisturbed, undisturbed, killed, failing)
# Nobody approves anew here: within a moment of a library's own note that is not told from it.
acts = st.sampled_from(["nothing", "nothing", "register", "reject", "delete"])
WEATHER = ("patches", "alarm", "no alarm", "read-only registry", "open registry", "lag", "traffic", "traffic")
orders = st.lists(st.integers(0, 2), max_size=40)

_serverless = st.builds(
    Hosting, size=st.sampled_from(["2048", "4096"]), tested=st.booleans(), removes=st.booleans()
)
_instances = st.builds(
    Hosting,
    kind=st.sampled_from(["RealTime", "RealTime", "Async"]),
    size=st.sampled_from(["ml.m5.large", "ml.c5.large"]),
    tested=st.booleans(),
    scaled=st.booleans(),
    guarded=st.booleans(),
    removes=st.booleans(),
    keep=st.sampled_from([1, 3]),
)
hostings = st.one_of(_serverless, _instances, _instances, st.just(BROKEN))


class Histories(RuleBasedStateMachine):
    """Everything that can happen around one or two deployments on one model package group."""

    counts: ClassVar[dict[str, int]] = {"histories": 0, "steps": 0, "looks": 0, "calls": 0, "most_calls": 0}

    def __init__(self) -> None:
        super().__init__()
        self.exits = ExitStack()
        self.world = World()
        self.exits.enter_context(self.world.in_charge())

    @initialize(
        first=hostings,
        second=st.none() | hostings,
        qualities=st.lists(st.sampled_from(QUALITIES), max_size=3),
        lag=st.sampled_from([0, 0, 8]),
    )
    def begin(self, first: Hosting, second: Hosting | None, qualities: list[str], lag: int) -> None:
        """One or two stacks, and versions that have been dealt with already."""
        self.world.deployments.append(deployment("churn", first))
        if second is not None:
            self.world.deployments.append(deployment("churn-b", second))
        for quality in qualities:
            self.world.register(quality, approval="Approved")
            self.quiet()
        self.world.fake.lag = lag

    def pick(self, number: int) -> Deployment:
        return self.world.deployments[number % len(self.world.deployments)]

    def package(self, number: int) -> str:
        return sorted(self.world.fake.packages)[number % len(self.world.fake.packages)]

    # People and pipelines

    @precondition(lambda self: len(self.world.quality) < MOST_VERSIONS)
    @rule(
        quality=st.sampled_from(QUALITIES),
        approval=st.sampled_from(["Approved", "Approved", "PendingManualApproval"]),
    )
    def register(self, quality: str, approval: str) -> None:
        self.world.register(quality, approval=approval)

    @precondition(lambda self: self.world.fake.packages)
    @rule(number=st.integers(0, 6), approval=st.sampled_from(["Approved", "Rejected", "Rejected"]))
    def decide(self, number: int, approval: str) -> None:
        self.world.decide(self.package(number), approval)

    @precondition(lambda self: self.failing())
    @rule(number=st.integers(0, 6))
    def approve_anew(self, number: int) -> None:
        """What was wrong with a version, outside of it, is put right, and it is approved anew."""
        failing = self.failing()
        arn = failing[number % len(failing)]
        self.world.quality[arn] = GOOD
        self.world.decide(arn, "Approved")

    def failing(self) -> list[str]:
        return [arn for arn in sorted(self.world.fake.packages) if self.world.quality[arn] != GOOD]

    @precondition(lambda self: self.world.fake.packages)
    @rule(number=st.integers(0, 6))
    def delete_version(self, number: int) -> None:
        self.world.fake.delete(self.package(number))

    # Triggers

    @rule(number=st.integers(0, 1), plan=plans)
    def deliver(self, number: int, plan: Plan) -> None:
        self.world.distribute()
        self.world.deliver(self.pick(number), plan)

    @rule(number=st.integers(0, 1), plan=plans)
    def schedule(self, number: int, plan: Plan) -> None:
        if self.pick(number).exists:
            self.world.trigger(self.pick(number))
            self.world.deliver(self.pick(number), plan)

    @rule(
        number=st.integers(0, 1),
        seconds=st.sampled_from([2, 60, STEP_IN_SECONDS, 3 * STEP_IN_SECONDS]),
        loses=st.booleans(),
    )
    def wait(self, number: int, seconds: int, loses: bool) -> None:
        """Time passes; what happens in it, or just before, may go unnoticed."""
        self.world.fake.advance(seconds)
        if loses:
            self.world.distribute()
            self.pick(number).messages.clear()

    # Stacks

    @rule(number=st.integers(0, 1), hosting=hostings, plan=plans)
    def update_stack(self, number: int, hosting: Hosting, plan: Plan) -> None:
        if self.pick(number).exists and self.pick(number).operation is None:
            self.world.begin_update(self.pick(number), hosting, plan)

    @precondition(lambda self: any(each.operation is not None for each in self.world.deployments))
    @rule(number=st.integers(0, 1), plan=plans)
    def poll_stack(self, number: int, plan: Plan) -> None:
        self.world.poll(self.pick(number), plan)

    @rule(number=st.integers(0, 1), order=orders, plan=plans)
    def delete_stack(self, number: int, order: list[int], plan: Plan) -> None:
        """The stack goes while a look of it is at work."""
        each = self.pick(number)
        if not each.exists:
            return
        running = Running(self.world)
        if each.messages:
            running.queue_look(each, plan)
        self.world.begin_deletion(each)
        running.removal(each)
        running.run(order)
        self.world.finish_deletion(each)
        oracle.check_nothing_left(self.world, each)

    @precondition(lambda self: not all(each.exists for each in self.world.deployments))
    @rule(number=st.integers(0, 1), hosting=hostings)
    def create_stack(self, number: int, hosting: Hosting) -> None:
        if not self.pick(number).exists:
            self.world.create(self.pick(number), hosting)

    @rule(order=orders, plan=plans, other=plans, act=acts, number=st.integers(0, 6))
    def look_together(self, order: list[int], plan: Plan, other: Plan, act: str, number: int) -> None:
        """All that can look at once does: each queue's handler, each stack operation's; and a person acts meanwhile."""
        self.world.distribute()
        spare = [plan, other]
        running = Running(self.world)
        for each in self.world.deployments:
            if each.messages:
                running.queue_look(each, spare.pop() if spare else Plan())
            if each.operation is not None:
                running.poll(each, spare.pop() if spare else Plan())
        if act != "nothing":
            running.person(lambda: self.act(act, number))
        running.run(order)

    @rule(order=orders, plan=plans, number=st.integers(0, 1), hosting=hostings)
    def update_stack_during_look(self, order: list[int], plan: Plan, number: int, hosting: Hosting) -> None:
        """A look that was told the old hosting config goes on while the stack is given a new one."""
        each = self.pick(number)
        if not each.exists or each.operation is not None:
            return
        self.world.distribute()
        self.world.trigger(each)
        running = Running(self.world)
        running.queue_look(each, plan)
        self.world.begin_update(each, hosting)
        if each.operation is not None:
            running.poll(each, Plan())
        running.run(order)

    def act(self, act: str, number: int) -> None:
        if act == "register" and len(self.world.quality) < MOST_VERSIONS:
            self.world.register(GOOD, approval="Approved")
        elif self.world.fake.packages and act == "reject":
            self.world.decide(self.package(number), "Rejected")
        elif self.world.fake.packages and act == "delete":
            self.world.fake.delete(self.package(number))

    # AWS

    @rule(number=st.integers(0, 1), count=st.integers(1, 4), weather=st.sampled_from(WEATHER))
    def weather(self, number: int, count: int, weather: str) -> None:
        fake, each = self.world.fake, self.pick(number)
        match weather:
            case "patches":
                if fake.endpoints.get(each.endpoint, {}).get("EndpointStatus") == "InService":
                    fake.system_update(each.endpoint)
            case "alarm" | "no alarm" if fake.quiet:
                fake.set_alarm(ALARM, "ALARM" if weather == "alarm" else "OK")
            case "read-only registry":
                fake.deny("UpdateModelPackage")
            case "open registry":
                fake.allow("UpdateModelPackage")
            case "lag":
                fake.lag = (0, 2, 8, 0)[count - 1]
            case "traffic":
                self.scale(each, count)

    def scale(self, each: Deployment, count: int) -> None:
        fake = self.world.fake
        target = fake.scalable_targets.get(f"endpoint/{each.endpoint}/variant/AllTraffic")
        if fake.endpoints.get(each.endpoint, {}).get("EndpointStatus") == "InService" and target is not None:
            scaled = min(max(count, target["MinCapacity"]), target["MaxCapacity"])
            fake.scale(each.endpoint, scaled)
            # While the stack is being changed, that change may be of what is scaled.
            if each.operation is None:
                each.scaled_to = (scaled, each.changes, len(fake.rollouts))

    # What must be true

    @rule()
    def quiet(self) -> None:
        self.world.quiesce()
        for each in self.world.deployments:
            if each.exists:
                oracle.check_serves(self.world, each)
                oracle.check_scaling(self.world, each)
                oracle.check_garbage(self.world, each)
                oracle.check_told(self.world, each)
                oracle.check_look(self.world, each)
                oracle.remember(self.world, each)
            oracle.check_attempts(self.world, each)

    @invariant()
    def harmless(self) -> None:
        self.counts["steps"] += 1
        assert not self.world.fake.harms
        assert self.world.most_calls <= MOST_CALLS, self.world.most_calls

    def teardown(self) -> None:
        try:
            self._end()
        finally:
            self.exits.close()
            counts = self.counts
            counts["histories"] += 1
            counts["looks"] += self.world.looks
            counts["calls"] += len(self.world.fake.calls)
            counts["most_calls"] = max(counts["most_calls"], self.world.most_calls)

    def _end(self) -> None:
        self.quiet()
        for each in self.world.deployments:
            if each.exists:
                self.world.begin_deletion(each)
                self.world.finish_deletion(each)
        for each in self.world.deployments:
            oracle.check_nothing_left(self.world, each)
