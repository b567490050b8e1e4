"""The smallest whole app: breast-cancer data, a scikit-learn model, an endpoint that follows approvals."""

from pathlib import Path

from aws_cdk import App, RemovalPolicy, Stack

from cdk_sagemaker_mlops import MlopsPipeline, StandardPipeline

HERE = Path(__file__).parent

app = App()
stack = Stack(
    app, "Quickstart", description="A model from training code to an endpoint that follows approvals"
)
MlopsPipeline(
    stack,
    "Mlops",
    pipeline=StandardPipeline(
        source_dir=HERE.parents[1] / "model_code",
        hyperparameters={"alpha": 1.0},
        metric_name="accuracy",
        metric_threshold=0.9,
    ),
    input_data=HERE / "data",
    removal_policy=RemovalPolicy.DESTROY,  # an example leaves nothing behind; the default keeps your models
)
app.synth()
