"""A step whose job was run before: when its result is used again, and above all when it is not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.local.execution import PipelineRun, StepCache
from cdk_sagemaker_mlops.local.execution import job_digest as digests
from cdk_sagemaker_mlops.local.execution import step_cache as caches
from cdk_sagemaker_mlops.local.execution.step_cache import FinishedJob, duration

# Each run of the job writes another line into a file outside of its folder: that it ran can be counted.
COUNT = """
import pathlib, os
with open(os.environ["COUNTER"], "a") as counter:
    counter.write("ran\\n")
text = pathlib.Path("/opt/ml/processing/input/data/a.csv").read_text()
pathlib.Path("/opt/ml/processing/output/o/out.txt").write_text(text.upper())
"""


def job(processing: Callable[..., dict[str, Any]], counter: Path, **step: Any) -> dict[str, Any]:
    made = processing("Prepare", COUNT, outputs={"o": "s3://b/out"}, **step)
    made["Arguments"]["Environment"] = {"COUNTER": str(counter)}
    made["Arguments"]["ProcessingInputs"] = [
        {"InputName": "data", "S3Input": {"S3Uri": "s3://b/in", "LocalPath": "/opt/ml/processing/input/data"}}
    ]
    output = made["Arguments"]["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]
    # As the standard pipeline has it: another place in each execution.
    output["S3Uri"] = {
        "Std:Join": {"On": "/", "Values": ["s3://b/out", {"Get": "Execution.PipelineExecutionId"}]}
    }
    return made


class Runs:
    """Executions of one pipeline on one engine."""

    def __init__(self, make_run: Callable[..., PipelineRun], counter: Path, folder: Path) -> None:
        self._make_run = make_run
        self._counter = counter
        self._folder = folder
        self.cache = StepCache()
        self._number = 0

    def __call__(self, step: dict[str, Any], **options: Any) -> tuple[dict[str, Any], int]:
        """Runs a step; returns it as the API tells it, and how many times its job has run by now."""
        self._number += 1
        run = self._make_run(
            [step], cache=self.cache, number=self._number, folder=self._folder / str(self._number), **options
        )
        run.start()
        run.wait(30)
        assert run.status == "Succeeded", run.failure_reason
        [told] = run.steps()
        lines = self._counter.read_text().splitlines() if self._counter.exists() else []
        return told, len(lines)


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    return tmp_path / "counter"


@pytest.fixture
def runs(numbered_run: Callable[..., PipelineRun], counter: Path, tmp_path: Path, storage: Any) -> Runs:
    storage.write("s3://b/in/a.csv", "rows")
    return Runs(numbered_run, counter, tmp_path / "runs")


@pytest.fixture
def numbered_run(make_run: Callable[..., PipelineRun]) -> Callable[..., PipelineRun]:
    def make(steps: list[dict[str, Any]], *, number: int, folder: Path, **options: Any) -> PipelineRun:
        arn = f"arn:aws:sagemaker:eu-west-1:123456789012:pipeline/churn/execution/number{number:06d}"
        return make_run(steps, execution_arn=arn, workdir=folder, **options)

    return make


ON = {"Enabled": True, "ExpireAfter": "P30D"}


def test_the_same_job_runs_once_and_its_result_is_used_again(
    runs: Runs, processing: Any, counter: Path
) -> None:
    step = job(processing, counter, CacheConfig=ON)
    first, ran = runs(step)
    assert (ran, "CacheHitResult" in first) == (1, False)

    second, ran = runs(step)

    assert ran == 1
    assert second["StepStatus"] == "Succeeded"
    assert second["CacheHitResult"] == {
        "SourcePipelineExecutionArn": (
            "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/churn/execution/number000001"
        )
    }
    # The job that made the result is the step's job, as on SageMaker.
    assert second["Metadata"] == first["Metadata"]
    third, ran = runs(step)
    assert (ran, third["CacheHitResult"]) == (1, second["CacheHitResult"])


def test_references_read_the_earlier_execution_s_outputs(
    runs: Runs, processing: Any, counter: Path, storage: Any
) -> None:
    step = job(processing, counter, CacheConfig=ON)
    runs(step)
    runs(step)
    assert storage.list("s3://b/out") == ["s3://b/out/number000001/out.txt"]


@pytest.mark.parametrize("config", [None, {"Enabled": False, "ExpireAfter": "P30D"}, {}])
def test_a_step_whose_caching_is_off_runs_every_time(
    config: Any, runs: Runs, processing: Any, counter: Path
) -> None:
    step = job(processing, counter, **({} if config is None else {"CacheConfig": config}))
    assert [runs(step)[1] for _ in range(2)] == [1, 2]


def _other_input(step: dict[str, Any], storage: Any) -> None:
    storage.write("s3://b/in/a.csv", "ROWS")


def _more_input(step: dict[str, Any], storage: Any) -> None:
    storage.write("s3://b/in/b.csv", "rows")


def _renamed_input(step: dict[str, Any], storage: Any) -> None:
    storage.write("s3://b/in/sub/a.csv", "rows")
    storage.write("s3://b/in/a.csv", "more")


def _same_content_elsewhere(step: dict[str, Any], storage: Any) -> None:
    storage.write("s3://b/elsewhere/a.csv", "rows")
    step["Arguments"]["ProcessingInputs"][0]["S3Input"]["S3Uri"] = "s3://b/elsewhere"


def _other_code(step: dict[str, Any], storage: Any) -> None:
    step["Arguments"]["AppSpecification"]["ContainerEntrypoint"][2] += "\n"


def _arguments(step: dict[str, Any], storage: Any) -> None:
    step["Arguments"]["AppSpecification"]["ContainerArguments"] = ["--fast"]


def _variable(step: dict[str, Any], storage: Any) -> None:
    step["Arguments"]["Environment"]["SEED"] = "1"


def _other_name(step: dict[str, Any], storage: Any) -> None:
    step["Name"] = "Other"


def _output_changed(step: dict[str, Any], storage: Any) -> None:
    storage.write("s3://b/out/number000001/out.txt", "somebody else's")


def _output_gone(step: dict[str, Any], storage: Any) -> None:
    storage.path("s3://b/out/number000001/out.txt").unlink()


@pytest.mark.parametrize(
    "change",
    [
        _other_input,
        _more_input,
        _renamed_input,
        _same_content_elsewhere,
        _other_code,
        _arguments,
        _variable,
        _other_name,
        _output_changed,
        _output_gone,
    ],
)
def test_a_job_that_is_given_anything_else_runs(
    change: Callable[[dict[str, Any], Any], None], runs: Runs, processing: Any, counter: Path, storage: Any
) -> None:
    step = job(processing, counter, CacheConfig=ON)
    runs(step)
    changed = copy.deepcopy(step)
    change(changed, storage)

    told, ran = runs(changed)

    assert (ran, "CacheHitResult" in told) == (2, False)


@pytest.mark.parametrize("option", ["pipeline_arn", "job_environment"])
def test_another_pipeline_or_environment_runs_its_own(
    option: str, runs: Runs, processing: Any, counter: Path
) -> None:
    step = job(processing, counter, CacheConfig=ON)
    runs(step)
    other = {
        "pipeline_arn": "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/other",
        "job_environment": {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
    }
    assert runs(step, **{option: other[option]})[1] == 2


def test_what_is_installed_for_a_job_is_in_its_key(
    runs: Runs, processing: Any, counter: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    (site / "torch-2.9.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(site))
    step = job(processing, counter, CacheConfig=ON)
    runs(step)
    (site / "torch-2.9.0.dist-info").rename(site / "torch-2.10.0.dist-info")
    assert runs(step)[1] == 2


def test_an_expired_result_is_not_used(
    runs: Runs, processing: Any, counter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = job(processing, counter, CacheConfig={"Enabled": True, "ExpireAfter": "PT1H"})
    runs(step)

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + timedelta(minutes=61)

    with monkeypatch.context() as patch:
        patch.setattr(caches, "datetime", Later)
        assert runs(step)[1] == 2
    assert runs(step)[1] == 2


def test_a_failed_job_is_not_kept(runs: Runs, processing: Any, counter: Path, make_run: Any) -> None:
    step = processing(
        "Broken", f"open({str(counter)!r}, 'a').write('ran\\n'); raise SystemExit(1)", CacheConfig=ON
    )
    for expected in (1, 2):
        run = make_run([step], cache=runs.cache)
        run.start()
        run.wait(30)
        assert run.status == "Failed"
        assert len(counter.read_text().splitlines()) == expected


def test_a_training_job_is_used_again_with_its_model(
    runs: Runs, numbered_run: Any, storage: Any, tmp_path: Path
) -> None:
    storage.write("s3://b/code.py", "x")
    script = "import pathlib, time; pathlib.Path('/opt/ml/model/m').write_text(str(time.time_ns()))"
    train = {
        "Name": "Train",
        "Type": "Training",
        "CacheConfig": ON,
        "Arguments": {
            "AlgorithmSpecification": {"ContainerEntrypoint": ["python3", "-c", script]},
            "OutputDataConfig": {"S3OutputPath": "s3://b/models"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        },
    }
    register = {
        "Name": "Register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageDescription": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"},
        },
    }
    for number in (1, 2):
        run = numbered_run([train, register], number=number, folder=tmp_path / str(number), cache=runs.cache)
        run.start()
        run.wait(30)
        assert run.status == "Succeeded", run.failure_reason
    assert "CacheHitResult" in run.steps()[0]
    assert len(storage.list("s3://b/models")) == 1
    described = [params["ModelPackageDescription"] for _, params in run._registry.calls]
    assert described[0] == described[1] == storage.list("s3://b/models")[0]


def test_where_outputs_go_is_not_in_the_key_but_their_names_are() -> None:
    output = {"OutputName": "o", "S3Output": {"S3Uri": "s3://b/1", "LocalPath": "/opt/ml/processing/o"}}
    arguments = {
        "ProcessingOutputConfig": {"Outputs": [output, {"OutputName": "features"}]},
        "OutputDataConfig": {"S3OutputPath": "s3://b/1", "KmsKeyId": "k"},
    }
    before = json.dumps(arguments)
    assert digests.without_output_places(arguments) == {
        "ProcessingOutputConfig": {
            "Outputs": [
                {"OutputName": "o", "S3Output": {"LocalPath": "/opt/ml/processing/o"}},
                {"OutputName": "features"},
            ]
        },
        "OutputDataConfig": {"KmsKeyId": "k"},
    }
    assert json.dumps(arguments) == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P30D", timedelta(days=30)),
        ("30d", timedelta(days=30)),
        ("5y", timedelta(days=5 * 365)),
        ("P2M", timedelta(days=60)),
        ("P1W", timedelta(days=7)),
        ("T16m", timedelta(minutes=16)),
        ("30dT5h", timedelta(days=30, hours=5)),
        ("PT0S", timedelta()),
        ("P", None),
        ("", None),
        ("PT", None),
        ("a month", None),
        ("-P1D", None),
    ],
)
def test_durations_are_read_as_sagemaker_writes_them(text: str, expected: timedelta | None) -> None:
    assert duration(text) == expected


@pytest.mark.parametrize("expire_after", ["soon", "PT0S"])
def test_what_cannot_be_read_allows_no_reuse(expire_after: str, storage: Any) -> None:
    cache = StepCache()
    kept = FinishedJob(properties={}, metadata={}, execution_arn="arn", outputs={}, ended=datetime.now(UTC))
    cache.keep("key", kept)
    assert cache.find("key", expire_after=expire_after, storage=storage) is None
    assert cache.find("key", expire_after=None, storage=storage) is kept
    assert cache.find("other", expire_after=None, storage=storage) is None
