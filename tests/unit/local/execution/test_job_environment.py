from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cdk_sagemaker_mlops.local.execution.job_environment import job_environment

CALLER = {
    "SECRET_TOKEN": "s",
    "AWS_SESSION_TOKEN": "s",
    "AWS_ACCESS_KEY_ID": "real",
    "PYTHONPATH": "/x",
    "VIRTUAL_ENV": "/x",
    "LANG": "C.UTF-8",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
}


def make(folder: Path) -> dict[str, str]:
    return job_environment(folder=folder, region="eu-west-1", account="123456789012", caller=CALLER)


def test_passes_nothing_on_that_is_not_listed(tmp_path: Path) -> None:
    environment = make(tmp_path)
    assert {name for name in environment if name in CALLER and environment[name] == CALLER[name]} == {
        "LANG",
        "AWS_ENDPOINT_URL",
    }
    assert environment["AWS_ACCESS_KEY_ID"] == "123456789012"
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert "AWS_SESSION_TOKEN" not in environment


def test_python_is_this_environments_interpreter(tmp_path: Path) -> None:
    for name in ("python", "python3"):
        result = subprocess.run(
            ["sh", "-c", f"{name} -c 'import sys, numpy; print(sys.prefix)'"],
            env=make(tmp_path),
            capture_output=True,
            text=True,
            check=True,
        )
        assert result.stdout.strip() == sys.prefix


def test_pip_is_there_for_a_requirements_file(tmp_path: Path) -> None:
    """Environments made by uv have none of their own; the training toolkit brings it."""
    answer = subprocess.check_output(["python", "-m", "pip", "--version"], env=make(tmp_path), text=True)
    assert answer.startswith("pip ")


def test_what_a_job_installs_stays_in_its_folder(tmp_path: Path) -> None:
    package = tmp_path / "package"
    (package / "only_in_this_job").mkdir(parents=True)
    (package / "only_in_this_job" / "__init__.py").touch()
    wheel = tmp_path / "only_in_this_job-1.0-py3-none-any.whl"
    script = (
        "import sys, zipfile\n"
        "z = zipfile.ZipFile(sys.argv[1], 'w')\n"
        "z.writestr('only_in_this_job.py', 'x = 1')\n"
        "d = 'only_in_this_job-1.0.dist-info/'\n"
        "z.writestr(d + 'METADATA', 'Metadata-Version: 2.1\\nName: only_in_this_job\\nVersion: 1.0\\n')\n"
        "z.writestr(d + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
        "z.writestr(d + 'RECORD', '')\n"
        "z.close()\n"
    )
    environment = make(tmp_path / "job")
    commands = f"python -c \"$0\" {wheel} && pip install --no-index --no-deps -q {wheel} && python -c 'import only_in_this_job'"
    subprocess.run(["sh", "-c", commands, script], env=environment, check=True, capture_output=True)
    assert (tmp_path / "job" / "site-packages" / "only_in_this_job.py").exists()
