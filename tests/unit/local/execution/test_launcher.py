"""The launcher, driven as it is used: as a script of a bare interpreter."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.local.execution import launcher
from cdk_sagemaker_mlops.local.execution.opt_ml import LAUNCHER, MountedOptMl, best_opt_ml

Launch = Callable[..., "subprocess.Popen[str]"]

needs_namespaces = pytest.mark.skipif(
    not isinstance(best_opt_ml(), MountedOptMl), reason="this system allows no user namespaces"
)


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    started: list[subprocess.Popen[str]] = []

    def start(*command: str, options: tuple[str, ...] = (), **popen: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCHER), *options, "--", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **popen,  # type: ignore[call-overload]
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.communicate()


def output(process: subprocess.Popen[str]) -> str:
    """Reads to the end without closing standard input, which is the lifeline."""
    assert process.stdout is not None
    text = process.stdout.read()
    process.wait(5)
    return text


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path(f"/proc/{pid}/stat").exists() or " Z " not in Path(f"/proc/{pid}/stat").read_text()


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 5
    while is_running(pid):
        assert time.monotonic() < deadline, f"process {pid} is left"
        time.sleep(0.02)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_passes_output_and_exit_code_on(launch: Launch) -> None:
    process = launch("sh", "-c", "echo out; echo err >&2; exit 3")
    assert process.wait(5) == 3
    assert output(process) == "out\nerr\n"


def test_a_signal_is_128_and_its_number(launch: Launch) -> None:
    assert launch("sh", "-c", "kill -9 $$").wait(5) == 137


def test_says_when_a_command_does_not_exist(launch: Launch) -> None:
    process = launch("no-such-command")
    assert process.wait(5) == 127
    assert "cannot start 'no-such-command'" in output(process)


def test_gives_the_command_no_standard_input(launch: Launch) -> None:
    assert output(launch("sh", "-c", "read line || echo nothing")) == "nothing\n"


def test_ends_the_command_when_asked(launch: Launch) -> None:
    process = launch("sh", "-c", "echo $$; exec sleep 60")
    child = int(first_line(process))
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 128 + signal.SIGTERM
    wait_until_gone(child)


def test_kills_a_command_that_does_not_listen(launch: Launch) -> None:
    process = launch(
        "sh", "-c", "trap '' TERM; echo $$; while :; do sleep 0.1; done", options=("--grace", "0.2")
    )
    child = int(first_line(process))
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 128 + signal.SIGKILL
    wait_until_gone(child)


def test_ends_the_command_when_the_parent_lets_go(launch: Launch) -> None:
    process = launch("sh", "-c", "echo $$; exec sleep 60")
    child = int(first_line(process))
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None
    assert process.wait(5) == 128 + signal.SIGTERM
    wait_until_gone(child)


def test_leaves_no_process_of_the_command_behind(launch: Launch) -> None:
    process = launch("sh", "-c", "sleep 60 & echo $!; exit 0")
    child = int(first_line(process))
    assert process.wait(5) == 0
    wait_until_gone(child)


@needs_namespaces
def test_shows_the_folder_at_opt_ml_and_keeps_the_rest_of_opt(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "opt" / "ml").mkdir(parents=True)
    (tmp_path / "opt" / "ml" / "in").write_text("mine")
    process = launch(
        "sh", "-c", "cat /opt/ml/in; echo; ls /opt; echo out > /opt/ml/out", options=("--map", str(tmp_path))
    )
    lines = output(process).split()
    assert process.returncode == 0
    assert lines[0] == "mine"
    assert set(lines[1:]) == {"ml", *(path.name for path in Path("/opt").iterdir())}
    assert (tmp_path / "opt" / "ml" / "out").read_text() == "out\n"
    assert not Path("/opt/ml/out").exists()


@needs_namespaces
def test_several_commands_each_see_their_own(launch: Launch, tmp_path: Path) -> None:
    processes = []
    for name in ("one", "two"):
        (tmp_path / name / "opt" / "ml").mkdir(parents=True)
        script = f"echo {name} > /opt/ml/x; sleep 0.3; cat /opt/ml/x"
        processes.append(launch("sh", "-c", script, options=("--map", str(tmp_path / name))))
    assert [output(process) for process in processes] == ["one\n", "two\n"]


@needs_namespaces
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_needs_no_privilege() -> None:
    """Runs a copy, in a place that everybody can read, as nobody."""
    nobody = 65534
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "job"
        (folder / "opt" / "ml").mkdir(parents=True)
        script = Path(place) / "launcher.py"
        script.write_bytes(LAUNCHER.read_bytes())
        for path in (Path(place), folder, folder / "opt", folder / "opt" / "ml"):
            os.chown(path, nobody, nobody)
        with subprocess.Popen(
            ["python3", "-I", "-S", script, "--map", folder, "--", "sh", "-c", "id -u > /opt/ml/who"],
            stdin=subprocess.PIPE,
            user=nobody,
            group=nobody,
            extra_groups=[],
            env={"PATH": "/usr/bin:/bin"},
        ) as process:
            assert process.wait(5) == 0
        assert (folder / "opt" / "ml" / "who").read_text() == "65534\n"


def test_says_when_the_mapping_fails(launch: Launch, tmp_path: Path) -> None:
    process = launch("true", options=("--map", str(tmp_path / "none")))
    assert process.wait(5) == 126
    assert "cannot map /opt/ml" in output(process)


# A hundred megabytes of numbered lines; no interpreter of ours writes them faster.
MUCH = "seq -f 'line %.0f of the output of a job that says far too much' 1 1700000"


def test_a_log_of_a_hundred_megabytes_keeps_its_beginning_and_its_end(launch: Launch, tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    process = launch("sh", "-c", f"{MUCH}; echo end", options=("--log", str(log)))
    assert process.wait(60) == 0
    assert output(process) == ""

    size = log.stat().st_size
    assert size < 17 << 20
    lines = log.read_text().splitlines()
    assert lines[0].startswith("line 1 of")
    assert lines[-2:] == ["line 1700000 of the output of a job that says far too much", "end"]
    told = [line for line in lines if line.endswith("bytes of the log are left out here]")]
    # What was left out is told each time; one of them survives.
    assert len(told) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["job.log"]


def test_a_log_keeps_the_order_of_both_streams_and_what_it_held(launch: Launch, tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    log.write_text("before\n")
    script = "echo one; echo two >&2; echo three; exit 4"
    assert launch("sh", "-c", script, options=("--log", str(log))).wait(5) == 4
    assert log.read_text() == "before\none\ntwo\nthree\n"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no subreaper")
def test_ends_what_has_left_the_group_too(launch: Launch, tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    script = "setsid sh -c 'sleep 60 & echo $!; exec sleep 60' & sleep 0.2; exit 3"
    process = launch("sh", "-c", script, options=("--log", str(log)))
    began = time.monotonic()
    assert process.wait(10) == 3
    assert time.monotonic() - began < 1.5
    wait_until_gone(int(log.read_text()))


FULL = """
mkdir -p "$1" && mount -t tmpfs -o size=1m tmpfs "$1" || exit 99
shift
log=$1
shift
"$@"
code=$?
cat "$log"
ls "$(dirname "$log")"
exit $code
"""


@needs_namespaces
def test_what_a_job_says_of_a_full_disk_is_in_its_log(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    script = f"import sys; print('big'); open({str(disk / 'big')!r}, 'wb').write(bytes(2 << 20))"
    launcher = [sys.executable, "-I", "-S", str(LAUNCHER), "--log", str(disk / "log"), "--"]
    command = [*launcher, sys.executable, "-c", script]
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("this system has no unshare")
    with subprocess.Popen(
        [unshare, "-r", "-m", "sh", "-c", FULL, "sh", disk, disk / "log", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        text = output(process)
    if process.returncode == 99:
        pytest.skip("this system mounts nothing for an ordinary user")
    assert process.returncode == 1
    assert text.startswith("big\nTraceback")
    assert "No space left on device" in text
    assert text.splitlines()[-2:] == ["big", "log"]


def test_a_thread_that_ends_while_children_are_looked_for_hides_none(tmp_path: Path) -> None:
    class Tasks:
        """/proc/self/task: the first listing still has a thread that is gone when it is read."""

        listings = iter([[tmp_path / "gone"], [tmp_path / "children"]])

        def glob(self, pattern: str) -> list[Path]:
            return next(self.listings)

    (tmp_path / "children").write_text("11 12 ")
    assert launcher._children(Tasks()) == [11, 12]  # type: ignore[arg-type]
