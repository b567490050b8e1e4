"""A pytest plugin: test your own CDK app on the local engine, with ``pytest --mlops-local``.

* ``mlops_engine`` starts the engine, once in a session (with pytest-xdist, once in each worker).
* ``mlops_stack`` deploys your app to it, once in a session, and gives what a test does with it: run the
  pipeline, approve, wait for the endpoint, invoke. What is deployed is shared by the tests of a session; it
  is destroyed at its end.

The app is the folder that ``@pytest.mark.mlops_app("folder")`` names, relative to the test's file; else the
ini-option ``mlops_app``, relative to the ini-file; else the nearest folder above the test that holds a
``cdk.json``. Without ``--mlops-local`` such tests are skipped.

pytest loads this module in every session of whoever has the library installed: it imports nothing but pytest
until a fixture is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cdk_sagemaker_mlops.local.app_under_test import MlopsEngine, MlopsStack
    from cdk_sagemaker_mlops.local.progress import Event

_OPTION = "--mlops-local"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option and the ini-options."""
    group = parser.getgroup("cdk-sagemaker-mlops")
    group.addoption(
        _OPTION,
        action="store_true",
        default=False,
        help="run the tests that deploy an app to the local engine; without it they are skipped",
    )
    parser.addini("mlops_app", "folder of the CDK app that mlops_stack deploys", default="")
    parser.addini("mlops_iam", "whether the local engine enforces IAM policies", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Declares the marker."""
    config.addinivalue_line(
        "markers", "mlops_app(folder): the CDK app that mlops_stack deploys, relative to the test's file"
    )


@pytest.fixture(scope="session")
def mlops_engine(request: pytest.FixtureRequest) -> Iterator[MlopsEngine]:
    """The local engine: ``endpoint_url``, ``environment``, ``client(service)``, ``deploy(folder)``."""
    if not request.config.getoption(_OPTION):
        pytest.skip(f"needs pytest {_OPTION}, which starts the local engine")
    from cdk_sagemaker_mlops.errors import MlopsError
    from cdk_sagemaker_mlops.local.app_under_test import started_engine

    try:
        with started_engine(iam=request.config.getini("mlops_iam"), tell=_log) as engine:
            yield engine
        return
    except MlopsError as error:
        told = str(error)
    # Outside of the handler: pytest would show the error once more, as the cause of the failure.
    pytest.fail(told, pytrace=False)


@pytest.fixture
def mlops_stack(request: pytest.FixtureRequest, mlops_engine: MlopsEngine) -> MlopsStack:
    """Your app, deployed: ``run_pipeline()``, ``approve()``, ``wait_for_endpoint()``, ``invoke()``."""
    from cdk_sagemaker_mlops.errors import MlopsError

    try:
        return mlops_engine.deploy(_app_of(request))
    except MlopsError as error:
        told = str(error)
    pytest.fail(told, pytrace=False)


def _app_of(request: pytest.FixtureRequest) -> Path:
    test, config = Path(request.path), request.config
    marker = request.node.get_closest_marker("mlops_app")
    if marker is not None:
        return test.parent / Path(*marker.args)
    named = str(config.getini("mlops_app"))
    if named:
        return (config.rootpath if config.inipath is None else config.inipath.parent) / named
    folders = [folder for folder in test.parents if (folder / "cdk.json").is_file()]
    if not folders:
        pytest.fail(
            f"no folder above {test} holds a cdk.json; name the app's folder in the ini-option mlops_app, "
            'or by @pytest.mark.mlops_app("folder")',
            pytrace=False,
        )
    return folders[0]


def _log(event: Event) -> None:
    """Puts what happens into the log, which pytest shows of a test that fails."""
    import logging

    from cdk_sagemaker_mlops.local.progress import event_text

    text = event_text(event)
    if text is not None:
        logging.getLogger(__name__).info("%s", text)
