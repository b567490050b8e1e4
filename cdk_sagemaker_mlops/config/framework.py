"""Which of AWS's framework images the built-in pipeline runs in."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.errors import Problem

SKLEARN = "sklearn"


def framework_problems(
    framework: str, framework_version: str, py_version: str | None, base_framework_version: str | None
) -> Iterator[Problem | None]:
    """Checks the shapes of the versions; whether AWS has the image is known when the definition is built."""
    yield checks.known_at_synth("framework", framework)
    yield checks.matches(
        "framework",
        framework,
        r"[a-z0-9][a-z0-9-]*",
        code="InvalidFramework",
        rule="be a framework's name in lower case",
        fix="use 'sklearn', 'xgboost', 'pytorch', 'tensorflow' or 'huggingface'",
    )
    if framework == SKLEARN:
        yield checks.matches(
            "framework_version",
            framework_version,
            r"\d[\w.]*-\d[\w.-]*",
            code="InvalidFrameworkVersion",
            rule="look like '<version>-<build>'",
            fix="use a version that AWS publishes an image for, such as '1.9-0'",
        )
    # The pattern of scikit-learn's versions is the narrower one.
    other_version = None if framework == SKLEARN else framework_version
    yield from version_problems("", other_version, py_version, base_framework_version)


def version_problems(
    prefix: str, framework_version: str | None, py_version: str | None, base_framework_version: str | None
) -> Iterator[Problem | None]:
    """Checks the versions that are given; ``prefix`` comes before the names of the parameters."""
    yield checks.matches(
        f"{prefix}framework_version",
        framework_version,
        r"\d[\w.-]*",
        code="InvalidFrameworkVersion",
        rule="look like '<version>'",
        fix="use a version that AWS publishes an image of",
    )
    yield checks.matches(
        f"{prefix}py_version",
        py_version,
        r"py\d+",
        code="InvalidPyVersion",
        rule="look like 'py<version>'",
        fix="use a version such as 'py312', or leave it out",
    )
    yield checks.matches(
        f"{prefix}base_framework_version",
        base_framework_version,
        r"(pytorch|tensorflow)\d[\w.]*",
        code="InvalidBaseFrameworkVersion",
        rule="look like 'pytorch<version>' or 'tensorflow<version>'",
        fix="use the base of the Hugging Face image, such as 'pytorch2.6.0'",
    )
