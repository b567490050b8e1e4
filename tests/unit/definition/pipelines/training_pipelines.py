"""Training jobs."""

from __future__ import annotations

from typing import Any

from catalogue import CODE, OTHER, shows
from sdk_objects import compute, pipeline, pytorch, script_mode_step, training_step


@shows("TrainingStep", "`ModelTrainer` in script mode by hyperparameters")
def train_without_source_code(ctx: Any) -> Any:
    return pipeline(ctx, script_mode_step(ctx))


@shows("TrainingStep", "`SourceCode` from a local folder")
def train_with_source_code(ctx: Any) -> Any:
    from sagemaker.train.configs import SourceCode

    source = SourceCode(source_dir=str(CODE), entry_script="train.py", requirements="requirements.txt")
    return pipeline(ctx, training_step(ctx, source_code=source, hyperparameters={"depth": 3}))


@shows("TrainingStep", "`SourceCode` from a local `.tar.gz`")
def train_with_source_archive(ctx: Any) -> Any:
    from sagemaker.train.configs import SourceCode

    source = SourceCode(source_dir=str(OTHER / "training.tar.gz"), entry_script="train.py")
    return pipeline(ctx, training_step(ctx, source_code=source))


@shows("TrainingStep", "`SourceCode` from S3")
def train_with_source_in_s3(ctx: Any) -> Any:
    from sagemaker.train.configs import SourceCode

    source = SourceCode(source_dir="s3://mine/training.tar.gz", entry_script="train.py")
    return pipeline(ctx, training_step(ctx, source_code=source))


@shows("TrainingStep", "`Torchrun` on several instances")
def train_with_torchrun(ctx: Any) -> Any:
    from sagemaker.train.configs import SourceCode
    from sagemaker.train.distributed import Torchrun

    source = SourceCode(source_dir=str(CODE), entry_script="train.py")
    step = training_step(
        ctx,
        training_image=pytorch(ctx),
        source_code=source,
        distributed=Torchrun(process_count_per_node=4),
        compute=compute(instance_type="ml.g5.12xlarge", instance_count=2, keep_alive_period_in_seconds=600),
    )
    return pipeline(ctx, step)


@shows("TrainingStep", "`MPI` on several instances")
def train_with_mpi(ctx: Any) -> Any:
    from sagemaker.train.configs import SourceCode
    from sagemaker.train.distributed import MPI

    source = SourceCode(source_dir=str(CODE), entry_script="train.py")
    step = training_step(
        ctx,
        training_image=pytorch(ctx),
        source_code=source,
        distributed=MPI(process_count_per_node=4, mpi_additional_options=["-x", "LD_LIBRARY_PATH"]),
        compute=compute(instance_type="ml.g5.12xlarge", instance_count=2),
    )
    return pipeline(ctx, step)


@shows("TrainingStep", "several instance groups")
def train_on_instance_groups(ctx: Any) -> Any:
    from sagemaker.core.shapes import InstanceGroup
    from sagemaker.train.configs import Compute

    groups = [
        InstanceGroup(instance_type="ml.c5.2xlarge", instance_count=2, instance_group_name="loaders"),
        InstanceGroup(instance_type="ml.g5.2xlarge", instance_count=1, instance_group_name="trainers"),
    ]
    step = training_step(
        ctx,
        compute=Compute(instance_groups=groups, volume_size_in_gb=50),
        hyperparameters={"sagemaker_program": "train.py"},
    )
    return pipeline(ctx, step)


@shows("TrainingStep", "managed spot with checkpoints, VPC, KMS keys and environment variables")
def train_on_spot_in_a_vpc(ctx: Any) -> Any:
    from sagemaker.core.shapes import CheckpointConfig, OutputDataConfig, StoppingCondition
    from sagemaker.train.configs import Networking

    step = training_step(
        ctx,
        compute=compute(
            enable_managed_spot_training=True,
            volume_kms_key_id="arn:aws:kms:eu-west-1:111122223333:key/volume",
        ),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=3600, max_wait_time_in_seconds=7200),
        checkpoint_config=CheckpointConfig(s3_uri=ctx.s3_uri("checkpoints")),
        output_data_config=OutputDataConfig(
            s3_output_path=ctx.s3_uri("models"), kms_key_id="arn:aws:kms:eu-west-1:111122223333:key/output"
        ),
        networking=Networking(
            security_group_ids=["sg-0123456789abcdef0"],
            subnets=["subnet-0123456789abcdef0"],
            enable_network_isolation=False,
            enable_inter_container_traffic_encryption=True,
        ),
        environment={"LOG_LEVEL": "INFO"},
        hyperparameters={"sagemaker_program": "train.py"},
    )
    return pipeline(ctx, step)


def _tuner(ctx: Any, **options: Any) -> Any:
    from sagemaker.core.parameter import CategoricalParameter, ContinuousParameter, IntegerParameter
    from sagemaker.train.tuner import HyperparameterTuner
    from sdk_objects import trainer

    return HyperparameterTuner(
        model_trainer=trainer(ctx, input_data_config=None, **options),
        objective_metric_name="validation:f1",
        metric_definitions=[{"Name": "validation:f1", "Regex": "f1=([0-9.]+)"}],
        hyperparameter_ranges={
            "depth": IntegerParameter(2, 8),
            "rate": ContinuousParameter(0.01, 0.3),
            "booster": CategoricalParameter(["gbtree", "dart"]),
        },
        max_jobs=6,
        max_parallel_jobs=2,
    )


def _data(ctx: Any) -> Any:
    from sagemaker.train.configs import InputData

    return [InputData(channel_name="train", data_source=ctx.s3_uri("train"))]


@shows(
    "TuningStep", "`HyperparameterTuner` in script mode, the best model created with `get_top_model_s3_uri`"
)
def tuning(ctx: Any) -> Any:
    from sagemaker.mlops.workflow.steps import TuningStep
    from sdk_objects import create_model_step

    tuner = _tuner(ctx, hyperparameters={"sagemaker_program": "train.py"})
    step = TuningStep(name="Tune", step_args=tuner.tune(inputs=_data(ctx)))
    best = step.get_top_model_s3_uri(top_k=0, s3_bucket=ctx.bucket, prefix=f"{ctx.pipeline_name}/models")
    return pipeline(ctx, step, create_model_step(ctx, best))


@shows("TuningStep", "`HyperparameterTuner` over a trainer with `SourceCode`")
def tuning_with_source_code(ctx: Any) -> Any:
    from sagemaker.mlops.workflow.steps import TuningStep
    from sagemaker.train.configs import SourceCode

    tuner = _tuner(ctx, source_code=SourceCode(source_dir=str(CODE), entry_script="train.py"))
    return pipeline(ctx, TuningStep(name="Tune", step_args=tuner.tune(inputs=_data(ctx))))
