"""How a model is hosted: the kinds of endpoint there are."""

from __future__ import annotations

from cdk_sagemaker_mlops.config.async_endpoint import AsyncEndpoint
from cdk_sagemaker_mlops.config.production_variant import VARIANT_NAME
from cdk_sagemaker_mlops.config.real_time_endpoint import RealTimeEndpoint
from cdk_sagemaker_mlops.config.serverless_endpoint import ServerlessEndpoint

__all__ = ["ENDPOINTS", "VARIANT_NAME", "AsyncEndpoint", "Endpoint", "RealTimeEndpoint", "ServerlessEndpoint"]

Endpoint = ServerlessEndpoint | RealTimeEndpoint | AsyncEndpoint
ENDPOINTS = (ServerlessEndpoint, RealTimeEndpoint, AsyncEndpoint)
