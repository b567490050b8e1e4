"""CloudWatch metrics of an endpoint, in CDK's style."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_sagemaker_mlops.config.endpoint import VARIANT_NAME

_INVOCATIONS = "AWS/SageMaker"
_INSTANCES = "/aws/sagemaker/Endpoints"
_EVERY = Duration.minutes(1)


class EndpointMetrics:
    """The metrics that SageMaker publishes for an endpoint.

    https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html. All have a period of one
    minute; ``metric.with_(...)`` changes that and the statistic.

    Attributes:
        endpoint_name: Name of the endpoint, which the class that has these metrics sets.
    """

    endpoint_name: str

    def metric(
        self, metric_name: str, *, namespace: str = _INVOCATIONS, statistic: str = "Average"
    ) -> cloudwatch.Metric:
        """Returns a metric of the endpoint's variant by its name.

        Args:
            metric_name: Name, such as ``OverheadLatency``.
            namespace: Namespace that it is in. Default: ``"AWS/SageMaker"``.
            statistic: How a period's values become one. Default: ``"Average"``.
        """
        return cloudwatch.Metric(
            namespace=namespace,
            metric_name=metric_name,
            dimensions_map={"EndpointName": self.endpoint_name, "VariantName": VARIANT_NAME},
            statistic=statistic,
            period=_EVERY,
        )

    def metric_invocations(self) -> cloudwatch.Metric:
        """Returns the number of requests."""
        return self.metric("Invocations", statistic="Sum")

    def metric_invocations_per_instance(self) -> cloudwatch.Metric:
        """Returns the number of requests that each instance got."""
        return self.metric("InvocationsPerInstance", statistic="Sum")

    def metric_invocation_4xx_errors(self) -> cloudwatch.Metric:
        """Returns the number of requests that the caller got wrong."""
        return self.metric("Invocation4XXErrors", statistic="Sum")

    def metric_invocation_5xx_errors(self) -> cloudwatch.Metric:
        """Returns the number of requests that ended with a server error."""
        return self.metric("Invocation5XXErrors", statistic="Sum")

    def metric_invocation_model_errors(self) -> cloudwatch.Metric:
        """Returns the number of requests that the model failed."""
        return self.metric("InvocationModelErrors", statistic="Sum")

    def metric_model_latency(self) -> cloudwatch.Metric:
        """Returns the time that the model took, in microseconds."""
        return self.metric("ModelLatency")

    def metric_overhead_latency(self) -> cloudwatch.Metric:
        """Returns the time that SageMaker took on top of the model, in microseconds."""
        return self.metric("OverheadLatency")

    def metric_cpu_utilization(self) -> cloudwatch.Metric:
        """Returns the use of the instances' processors, in percent, 100 for each."""
        return self.metric("CPUUtilization", namespace=_INSTANCES)

    def metric_memory_utilization(self) -> cloudwatch.Metric:
        """Returns the use of the instances' memory, in percent."""
        return self.metric("MemoryUtilization", namespace=_INSTANCES)
