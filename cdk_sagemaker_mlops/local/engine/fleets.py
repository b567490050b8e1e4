"""The processes that serve endpoints' models: a fleet is one endpoint config's models, loaded."""

from __future__ import annotations

import itertools
import random
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from cdk_sagemaker_mlops.local.engine.scope import Scope
from cdk_sagemaker_mlops.local.engine.storage import Storage


class Server(Protocol):
    """A process that serves one model; ``local.hosting.ModelServer`` is one."""

    def start(self, timeout: float = 60) -> None:
        """Returns when the model answers its health check; raises when it cannot load."""
        ...

    def invoke(self, body: bytes, content_type: str, accept: str) -> tuple[int, str, bytes]:
        """Sends one request; gives HTTP status, content type and body."""
        ...

    def stop(self) -> None:
        """Ends the process."""
        ...


class LaunchServer(Protocol):
    """Makes a server of a model artifact."""

    def __call__(self, *, model_artifact: Path, environment: dict[str, str], workdir: Path) -> Server:
        """A server that has not begun."""
        ...


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A production variant with what it serves resolved.

    Args:
        name: Name of the variant.
        weight: Its share of the traffic is its weight divided by the sum of weights.
        artifact_uri: ``s3://`` URI of the model's tarball.
        environment: Environment variables of the model's container.
    """

    name: str
    weight: float
    artifact_uri: str
    environment: dict[str, str]


class LoadError(Exception):
    """A model did not come up; the text says why, and becomes the endpoint's ``FailureReason``."""


class Fleet:
    """Running servers, one for each variant.

    Args:
        servers: Each variant with its server.
        workdir: Folder of the fleet, deleted with it.
    """

    def __init__(self, servers: Sequence[tuple[Variant, Server]], workdir: Path) -> None:
        self._servers = {variant.name: server for variant, server in servers}
        self._weights = {variant.name: variant.weight for variant, _ in servers}
        self._workdir = workdir

    def choose(self, target_variant: str | None = None) -> tuple[str, Server] | None:
        """A variant, at random by weight, or the one asked for; ``None`` when there is no such variant."""
        if target_variant is not None:
            server = self._servers.get(target_variant)
            return None if server is None else (target_variant, server)
        names = list(self._weights)
        # All weights 0 means no traffic on AWS; here one variant answers, so that it can be tried.
        weights = list(self._weights.values()) if sum(self._weights.values()) > 0 else None
        name = random.choices(names, weights)[0]  # noqa: S311 - a traffic split, not a secret
        return name, self._servers[name]

    def reweigh(self, weights: dict[str, float]) -> None:
        """Changes the shares of variants, by name."""
        self._weights = {**self._weights, **weights}

    def stop(self) -> None:
        """Ends every server and deletes the fleet's files."""
        for server in self._servers.values():
            server.stop()
        shutil.rmtree(self._workdir, ignore_errors=True)


class Fleets:
    """The fleet of each endpoint.

    Args:
        workdir: Folder that model files are kept under.
        storage_for: S3 as seen from a scope.
        launch: Makes a server.
    """

    def __init__(self, workdir: Path, storage_for: Callable[[Scope], Storage], launch: LaunchServer) -> None:
        self._workdir = workdir
        self._storage_for = storage_for
        self._launch = launch
        self._serving: dict[str, Fleet] = {}
        # While an endpoint moves: the fleet it moves to, and that fleet's share of the traffic in percent.
        self._coming: dict[str, tuple[Fleet, float]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._closed = False

    def load(self, scope: Scope, endpoint_arn: str, variants: Sequence[Variant]) -> Fleet:
        """Downloads and starts the models of an endpoint config, without serving them yet.

        Raises:
            LoadError: One of them does not come up; those that did are stopped.
        """
        home = self._workdir / f"{endpoint_arn.rsplit('/', 1)[1]}-{next(self._numbers)}"
        started: list[tuple[Variant, Server]] = []
        try:
            for variant in variants:
                started.append((variant, self._start(scope, variant, home / variant.name)))
        except LoadError:
            # The files stay: the log of the model that failed is among them.
            for _, server in started:
                server.stop()
            raise
        return Fleet(started, home)

    def _start(self, scope: Scope, variant: Variant, workdir: Path) -> Server:
        artifact = workdir / "model.tar.gz"
        try:
            self._storage_for(scope).download(variant.artifact_uri, artifact)
        except (BotoCoreError, ClientError, OSError, ValueError) as error:
            raise LoadError(f"Failed to download model data from {variant.artifact_uri}: {error}") from error
        server = self._launch(
            model_artifact=artifact, environment=dict(variant.environment), workdir=workdir / "server"
        )
        try:
            server.start()
        except Exception as error:
            # Whatever a server fails with, the endpoint fails with: the type is the hosting package's.
            server.stop()
            raise LoadError(
                f"The primary container for production variant {variant.name} "
                f"did not pass the ping health check: {error}"
            ) from error
        return server

    def split(self, endpoint_arn: str, fleet: Fleet, percent: float) -> None:
        """Sends a share of an endpoint's traffic to ``fleet``, beside the one that answers now."""
        with self._lock:
            closed = self._closed
            if not closed:
                self._coming[endpoint_arn] = (fleet, percent)
        if closed:
            fleet.stop()

    def abandon(self, endpoint_arn: str) -> None:
        """Gives all traffic back to the fleet that answered before, and ends the other."""
        with self._lock:
            fleet, _ = self._coming.pop(endpoint_arn, (None, 0.0))
        if fleet is not None:
            fleet.stop()

    def serve(self, endpoint_arn: str, fleet: Fleet) -> None:
        """Makes ``fleet`` the one that answers for an endpoint, and ends the one before."""
        with self._lock:
            closed = self._closed
            self._coming.pop(endpoint_arn, None)
            before = None if closed else self._serving.pop(endpoint_arn, None)
            if not closed:
                self._serving[endpoint_arn] = fleet
        if closed:
            fleet.stop()
        if before is not None:
            before.stop()

    def serving(self, endpoint_arn: str) -> Fleet | None:
        """A fleet that answers for an endpoint, by its share; ``None`` when there is none."""
        with self._lock:
            coming, percent = self._coming.get(endpoint_arn, (None, 0.0))
            serving = self._serving.get(endpoint_arn)
        # A traffic split, not a secret.
        return coming if coming is not None and random.random() * 100 < percent else serving  # noqa: S311

    def end(self, endpoint_arn: str) -> None:
        """Ends an endpoint's fleet, if it has one."""
        self.abandon(endpoint_arn)
        with self._lock:
            fleet = self._serving.pop(endpoint_arn, None)
        if fleet is not None:
            fleet.stop()

    def close(self) -> None:
        """Ends every fleet; one that comes up later is ended at once."""
        with self._lock:
            self._closed = True
            fleets = [*self._serving.values(), *(fleet for fleet, _ in self._coming.values())]
            self._serving.clear()
            self._coming.clear()
        for fleet in fleets:
            fleet.stop()
