"""Tune: a search for hyperparameters in place of one training job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sagemaker.core.parameter import CategoricalParameter, ContinuousParameter, IntegerParameter
from sagemaker.mlops.workflow.steps import Step, TuningStep
from sagemaker.train.tuner import HyperparameterTuner

from cdk_sagemaker_mlops.config.tuning import HyperparameterRange, Tuning
from cdk_sagemaker_mlops.definition.standard.job_settings import JobSettings
from cdk_sagemaker_mlops.definition.standard.parameters import Parameters
from cdk_sagemaker_mlops.definition.standard.training import MODELS_PREFIX, TrainedModel, model_trainer

_GRID = "Grid"


class _Tuner(HyperparameterTuner):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's tuner, with what it leaves out of the trainer's settings (``sagemaker/train/tuner.py``).

    These are the key of the volumes, the warm pool, isolation and traffic encryption.
    """

    def _build_training_job_definition(self, inputs: Any) -> Any:
        definition = super()._build_training_job_definition(inputs)
        definition.resource_config = self.model_trainer.compute._to_resource_config()
        networking = self.model_trainer.networking
        if networking is not None:
            definition.enable_network_isolation = networking.enable_network_isolation
            definition.enable_inter_container_traffic_encryption = (
                networking.enable_inter_container_traffic_encryption
            )
        return definition


class _TuneStep(TuningStep):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's step, with a seed of 0: the SDK takes a 0 for nothing (``sagemaker/core/utils/utils.py``)."""

    random_seed: int | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """The request of the tuning job."""
        request: dict[str, Any] = super().arguments
        if self.random_seed is not None:
            request["HyperParameterTuningJobConfig"]["RandomSeed"] = self.random_seed
        return request


def tune_step(
    settings: JobSettings, parameters: Parameters, options: Tuning, *, train_uri: Any, after: Sequence[Step]
) -> TrainedModel:
    """Returns the step that trains many models; its model is the best one."""
    trainer = model_trainer(settings, parameters, train_uri=train_uri)
    if settings.config.framework == "tensorflow":
        # While tuning, TensorFlow's toolkit adds the job's name to this folder unless it is below /opt/ml.
        trainer.hyperparameters["model_dir"] = "/opt/ml/model"
    tuner = _Tuner(
        trainer,
        objective_metric_name=options.metric_name,
        hyperparameter_ranges={
            name: _range(given, options.scaling_types.get(name, "Auto"))
            for name, given in sorted(options.hyperparameter_ranges.items())
        },
        metric_definitions=[{"Name": options.metric_name, "Regex": options.metric_regex}],
        strategy=options.strategy,
        objective_type=options.objective_type,
        max_jobs=None if options.strategy == _GRID else options.max_jobs,
        max_parallel_jobs=options.max_parallel_jobs,
        base_tuning_job_name="tune",
        early_stopping_type=options.early_stopping_type,
    )
    step = _TuneStep(
        name="Tune",
        step_args=tuner.tune(inputs=trainer.input_data_config),
        cache_config=settings.cache,
        depends_on=list(after) if after else None,
        retry_policies=settings.job_retries,
    )
    step.random_seed = options.random_seed
    bucket = settings.ctx.bucket
    prefix = settings.ctx.s3_uri(MODELS_PREFIX).removeprefix(f"s3://{bucket}/")
    return TrainedModel(
        step=step, model_uri=step.get_top_model_s3_uri(top_k=0, s3_bucket=bucket, prefix=prefix)
    )


def _range(given: HyperparameterRange, scaling: str) -> Any:
    if isinstance(given, list):
        return CategoricalParameter(list(given))
    low, high = given
    if isinstance(low, int) and isinstance(high, int):
        return IntegerParameter(low, high, scaling)
    return ContinuousParameter(low, high, scaling)
