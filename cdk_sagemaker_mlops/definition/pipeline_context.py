"""What a user's pipeline function receives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_sagemaker_mlops.definition import placeholders

if TYPE_CHECKING:
    from cdk_sagemaker_mlops.definition.pipeline_session import PipelineSession


class PipelineContext:
    """Stands for the stack while the SageMaker SDK builds the pipeline's definition.

    Its strings are placeholders of the right shape, which CDK replaces by the stack's values: pass them on
    unaltered. Import the SDK inside your function, where it needs neither a region nor credentials::

        def churn_pipeline(ctx: PipelineContext) -> "Pipeline":
            from sagemaker.mlops.workflow.pipeline import Pipeline
            ...
            return Pipeline(ctx.pipeline_name, parameters=[ctx.input_data_uri], steps=[...],
                            sagemaker_session=ctx.session)

    Attributes:
        session: The SDK's ``PipelineSession``; hand it to every SDK object as ``sagemaker_session``. It
            refuses AWS calls by name, and what is uploaded through it is deployed with the stack.
        pipeline_name: Name of the pipeline.
        model_package_group_name: Name of the model package group that models are registered in.
        input_data_uri: The ``InputDataUri`` pipeline parameter, an SDK ``ParameterString``. Its default is
            the data given as ``input_data``; without any, it must be given when an execution starts. List it
            in the pipeline's ``parameters`` to use it.
    """

    def __init__(
        self,
        *,
        session: PipelineSession,
        region: str,
        pipeline_name: str,
        model_package_group_name: str,
        input_data_uri: str | None,
        tokens: dict[str, object],
    ) -> None:
        from sagemaker.core.workflow.parameters import ParameterString  # noqa: PLC0415 - slow

        # Where the SDK chooses a location by itself, two pipelines of one bucket must not share it.
        session.default_bucket_prefix = pipeline_name
        self.session = session
        self.pipeline_name = pipeline_name
        self.model_package_group_name = model_package_group_name
        self.input_data_uri = ParameterString(name="InputDataUri", default_value=input_data_uri)
        self._region = region
        self._tokens = tokens

    @property
    def role_arn(self) -> str:
        """ARN of the execution role."""
        return placeholders.ROLE_ARN

    @property
    def bucket(self) -> str:
        """Name of the artifact bucket."""
        return placeholders.BUCKET

    @property
    def region(self) -> str:
        """Region that the SDK should look images up for; in a stack without a region, a placeholder."""
        return self._region

    @property
    def placeholder_tokens(self) -> dict[str, object]:
        """What :meth:`placeholder` was given, by the placeholder it returned."""
        return dict(self._tokens)

    def s3_uri(self, *parts: str) -> str:
        """Returns ``s3://<bucket>/<pipeline>/<part>/...``, a place of this pipeline in the artifact bucket.

        Args:
            *parts: Key parts below the pipeline's prefix, without slashes at their ends.
        """
        return "/".join((f"s3://{placeholders.BUCKET}", self.pipeline_name, *parts))

    def image_uri(
        self,
        *,
        framework: str,
        version: str,
        image_scope: str = "training",
        instance_type: str = "ml.m5.large",
        **options: Any,
    ) -> str:
        """Returns the URI of one of AWS's framework images, right in every region that has it.

        Args:
            framework: Framework as the SDK names it, such as ``sklearn``, ``xgboost`` or ``pytorch``.
            version: Version of the framework's image, such as ``1.9-0``.
            image_scope: ``training`` or ``inference``. Default: ``"training"``.
            instance_type: Type of instance to run on; chooses between CPU and GPU images.
                Default: ``"ml.m5.large"``.
            **options: Further arguments of the SDK's ``sagemaker.core.image_uris.retrieve``.

        Raises:
            ValueError: The SDK knows no such image.
        """
        from sagemaker.core import image_uris  # noqa: PLC0415 - slow

        uri: str = image_uris.retrieve(
            framework,
            region=self._region,
            version=version,
            image_scope=image_scope,
            instance_type=instance_type,
            sagemaker_session=self.session,
            **options,
        )
        return uri

    def placeholder(self, construct_token: object) -> str:
        """Returns a string that is safe inside the SDK and stands for a CDK token.

        Args:
            construct_token: A string token of CDK, such as ``key.key_arn`` or a subnet's id.
        """
        for placeholder, token in self._tokens.items():
            if token == construct_token:
                return placeholder
        placeholder = placeholders.custom(len(self._tokens))
        self._tokens[placeholder] = construct_token
        return placeholder
