"""What the CDK CLI prints, recorded from version 2.1148.1."""

from __future__ import annotations

import pytest

from cdk_sagemaker_mlops.local.cdk_output import app_error, error_lines, progress_of, schema_mismatch


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "Churn | 1/5 | 6:07:50 PM | CREATE_COMPLETE         | AWS::IAM::Role                    |"
            " F/ServiceRole (FServiceRole3AC82EE1) ",
            "Churn 1/5 AWS::IAM::Role F/ServiceRole (FServiceRole3AC82EE1) CREATE_COMPLETE",
        ),
        (
            "CDKToolkit | 12/15 | 6:07:47 PM | CREATE_COMPLETE         | AWS::S3::Bucket            | StagingBucket ",
            "CDKToolkit 12/15 AWS::S3::Bucket StagingBucket CREATE_COMPLETE",
        ),
        (
            "Churn |   2 | 6:07:53 PM | DELETE_IN_PROGRESS      | AWS::S3::Bucket                   | Bucket (B8) ",
            "Churn 2 AWS::S3::Bucket Bucket (B8) DELETE_IN_PROGRESS",
        ),
        (
            "Quickstart |  39 | 6:23:11 PM | DELETE_COMPLETE         | Custom::SageMakerModelPackageGroupPurge |"
            " Mlops/ModelRegistry/Purge/Default (MlopsModelRegistryPurge5D8985B5)",
            "Quickstart 39 Custom::SageMakerModelPackageGroupPurge Mlops/ModelRegistry/Purge/Default"
            " (MlopsModelRegistryPurge5D8985B5) DELETE_COMPLETE",
        ),
        ("Churn: start: Publishing Churn Template (current_account-current_region-289)", "Churn: publishing"),
        ("Churn: creating CloudFormation changeset...", "Churn: creating"),
        ("Churn: deploying... [1/1]", "Churn: deploying"),
        ("Churn: destroying... [1/1]", "Churn: destroying"),
        ("", None),
        ("✅  Churn", None),
        ("Outputs:", None),
        ("Churn.GroupName = churn-group", None),
    ],
)
def test_a_line_of_the_cli_becomes_a_progress_text(line: str, expected: str | None) -> None:
    assert progress_of(line) == expected


TRACEBACK = (
    "85 feature flags are not configured. Run 'cdk flags --unstable=flags' to learn more.",
    "Traceback (most recent call last):",
    '  File "/app/app.py", line 3, in <module>',
    "    raise ValidationError(...)",
    "cdk_sagemaker_mlops.errors.ValidationError: X: a.b must be 1, got 2; do it",
    "Y: a.b must be 1, got 2; do it",
    "python app.py: Subprocess exited with error 1",
)


def test_the_app_s_exception_is_found_with_all_of_its_lines() -> None:
    assert app_error(TRACEBACK) == (
        "cdk_sagemaker_mlops.errors.ValidationError: X: a.b must be 1, got 2; do it\n"
        "Y: a.b must be 1, got 2; do it"
    )


def test_of_chained_exceptions_the_last_is_found() -> None:
    lines = (
        "Traceback (most recent call last):",
        '  File "a.py", line 1, in <module>',
        "KeyError: 'a'",
        "",
        "During handling of the above exception, another exception occurred:",
        "",
        "Traceback (most recent call last):",
        '  File "a.py", line 3, in <module>',
        "RuntimeError: b",
        "python app.py: Subprocess exited with error 1",
    )
    assert app_error(lines) == "RuntimeError: b"


def test_an_app_that_printed_no_traceback_has_no_exception() -> None:
    assert app_error(("/bin/sh: 1: pythn: not found",)) is None
    assert app_error(("Traceback (most recent call last):", "  cut short")) is None


def test_what_went_wrong_is_told_without_progress_and_noise() -> None:
    lines = (
        "Churn: deploying... [1/1]",
        "Churn | 1/5 | 6:07:50 PM | CREATE_COMPLETE         | AWS::IAM::Role | Role ",
        "Churn | 1/5 | 6:07:50 PM | CREATE_FAILED           | AWS::S3::Bucket | Bucket The name is taken ",
        "Churn | 1/5 | 6:07:51 PM | ROLLBACK_COMPLETE       | AWS::CloudFormation::Stack | Churn ",
        "",
        "❌  Churn failed: ToolkitError: The stack failed",
        "❌  Churn failed: ToolkitError: The stack failed",
        "85 feature flags are not configured. Run 'cdk flags --unstable=flags' to learn more.",
    )
    assert error_lines(lines) == (
        "Churn | 1/5 | 6:07:50 PM | CREATE_FAILED           | AWS::S3::Bucket | Bucket The name is taken",
        "❌  Churn failed: ToolkitError: The stack failed",
    )


def test_the_cli_s_complaint_about_a_newer_library_is_found() -> None:
    line = (
        "This CDK CLI is not compatible with the CDK library used by your application. Please upgrade the CLI to the"
        " latest version. (Cloud assembly schema version mismatch: Maximum schema version supported is 55.x.x, but"
        " found 99.0.0)"
    )
    assert schema_mismatch(("x", line)) == "Maximum schema version supported is 55.x.x, but found 99.0.0"
    assert schema_mismatch(("x", "maximum")) is None
