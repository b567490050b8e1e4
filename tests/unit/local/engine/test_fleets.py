from __future__ import annotations

from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.local.engine.fleets import Fleet, Variant


class _Server:
    def __init__(self) -> None:
        self.stopped = False

    def start(self, timeout: float = 60) -> None: ...

    def invoke(self, body: bytes, content_type: str, accept: str) -> tuple[int, str, bytes]:
        return 200, accept, body

    def stop(self) -> None:
        self.stopped = True


def _fleet(tmp_path: Path, *weights: float) -> tuple[Fleet, list[_Server]]:
    servers = [_Server() for _ in weights]
    variants = [
        Variant(name=f"v{number}", weight=weight, artifact_uri="s3://b/k", environment={})
        for number, weight in enumerate(weights)
    ]
    return Fleet(list(zip(variants, servers, strict=True)), tmp_path / "fleet"), servers


def _chosen(fleet: Fleet, times: int = 400) -> list[str]:
    chosen = [fleet.choose() for _ in range(times)]
    return [item[0] for item in chosen if item is not None]


def test_traffic_is_split_by_weight(tmp_path: Path) -> None:
    chosen = _chosen(_fleet(tmp_path, 9, 1)[0])

    # The chance that this fails is below one in a million.
    assert 300 < chosen.count("v0") < 398


def test_a_variant_without_weight_gets_no_traffic(tmp_path: Path) -> None:
    assert set(_chosen(_fleet(tmp_path, 1, 0)[0])) == {"v0"}


def test_an_endpoint_without_any_weight_answers(tmp_path: Path) -> None:
    assert _chosen(_fleet(tmp_path, 0)[0]) == ["v0"] * 400


def test_a_variant_can_be_asked_for(tmp_path: Path) -> None:
    fleet, servers = _fleet(tmp_path, 1, 0)

    assert fleet.choose("v1") == ("v1", servers[1])
    assert fleet.choose("v2") is None


def test_stopping_ends_every_server_and_deletes_the_files(tmp_path: Path) -> None:
    fleet, servers = _fleet(tmp_path, 1, 1)
    (tmp_path / "fleet").mkdir()

    fleet.stop()

    assert [server.stopped for server in servers] == [True, True]
    assert not (tmp_path / "fleet").exists()


def test_a_fleet_that_comes_up_after_the_end_is_ended(bench: Any, tmp_path: Path) -> None:
    fleets = bench.plane.services.fleets
    fleet, servers = _fleet(tmp_path, 1)
    fleets.close()

    fleets.serve("arn", fleet)

    assert servers[0].stopped
    assert fleets.serving("arn") is None


def test_closing_ends_every_fleet(bench: Any, tmp_path: Path) -> None:
    fleets = bench.plane.services.fleets
    fleet, servers = _fleet(tmp_path, 1)
    fleets.serve("arn", fleet)

    fleets.close()

    assert servers[0].stopped
