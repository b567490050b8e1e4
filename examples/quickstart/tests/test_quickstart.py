"""The whole app, tested offline: ``pytest --mlops-local examples/quickstart``."""

from pathlib import Path

PAYLOAD = Path(__file__).parents[1] / "payload.csv"


def test_an_approved_model_is_served(mlops_stack):
    package = mlops_stack.run_pipeline().model_package
    assert package.metrics["accuracy"]["value"] > 0.95

    mlops_stack.approve(package)
    mlops_stack.wait_for_endpoint(package)
    assert mlops_stack.invoke(PAYLOAD.read_text())["predictions"][0]["label"] == 1
