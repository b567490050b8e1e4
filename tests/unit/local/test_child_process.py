"""One program, run to its end and never left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.local.child_process import run_to_end

FOREVER = "import time, sys; print('up', flush=True); time.sleep(600)"
# A parent that ignores SIGTERM, with a child of its own.
STUBBORN = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print(child.pid, flush=True); time.sleep(600)"
)


def run(script: str, tmp_path: Path, on_line=lambda line: None, **environment: str):
    return run_to_end(
        [sys.executable, "-c", script],
        folder=tmp_path,
        environment={"PATH": os.environ["PATH"], **environment},
        on_line=on_line,
    )


def ended(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def test_hands_on_both_outputs_line_by_line_in_order(tmp_path: Path) -> None:
    heard: list[str] = []
    script = "import sys; print('one é', flush=True); print('two', file=sys.stderr, flush=True); sys.exit(7)"
    finished = run(script, tmp_path, heard.append, PYTHONUTF8="1")
    assert (finished.exit_code, list(finished.lines), heard) == (7, ["one é", "two"], ["one é", "two"])


def test_sees_only_the_environment_and_the_folder_it_is_given(tmp_path: Path) -> None:
    folder = tmp_path / "a b é"
    folder.mkdir()
    finished = run(
        "import os; print(os.getcwd()); print(sorted(n for n in os.environ if n.startswith('X_')))",
        folder,
        X_ONE="1",
        PYTHONUTF8="1",
    )
    assert finished.lines == (str(folder), "['X_ONE']")


def test_bytes_that_are_no_utf_8_do_not_break_it(tmp_path: Path) -> None:
    finished = run("import sys; sys.stdout.buffer.write(b'a\\xffb\\n')", tmp_path)
    assert finished.lines == ("a\ufffdb",)


def test_an_exception_while_it_runs_ends_the_whole_group(tmp_path: Path) -> None:
    pids: list[int] = []

    def interrupt(line: str) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(STUBBORN, tmp_path, interrupt)
    deadline = time.monotonic() + 2
    while not ended(pids[0]) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert ended(pids[0])


def test_what_a_program_left_in_its_group_is_ended_with_it(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
        "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); print(child.pid)"
    )
    finished = run(script, tmp_path)
    deadline = time.monotonic() + 2
    while not ended(int(finished.lines[0])) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert ended(int(finished.lines[0]))


KILLED = """
import os, sys
from pathlib import Path
from cdk_sagemaker_mlops.local.child_process import run_to_end
program = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
def kill_this(line):
    print(line, flush=True)
    os.kill(os.getpid(), 9)
run_to_end([sys.executable, "-c", program], folder=Path("."), environment=dict(os.environ), on_line=kill_this)
"""


def test_a_program_ends_when_whoever_runs_it_is_killed(tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=False
    )
    assert killed.returncode == -9
    deadline = time.monotonic() + 5
    while not ended(int(killed.stdout)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert ended(int(killed.stdout))


def test_of_very_much_output_the_end_is_kept(tmp_path: Path) -> None:
    finished = run("for number in range(20_005): print(number)", tmp_path)
    assert len(finished.lines) == 20_000
    assert finished.lines[-1] == "20004"


def test_a_program_that_does_not_exist_is_127(tmp_path: Path) -> None:
    finished = run_to_end(
        [tmp_path / "no program"], folder=tmp_path, environment={}, on_line=lambda line: None
    )
    assert finished.exit_code == 127
    assert "cannot start" in finished.lines[-1]
