"""Models, endpoint configs, endpoints: what the client may ask of them."""

from __future__ import annotations

from typing import Any

from .deployment_rules import check_config, check_deployment, check_move
from .errors import ApiError, invalid
from .rollouts import Rollouts
from .state import Table, page

_KEYS = {"model": "ModelArn", "endpoint-config": "EndpointConfigArn", "endpoint": "EndpointArn"}
_WORDS = {"model": "model", "endpoint-config": "endpoint configuration", "endpoint": "endpoint"}


class Hosting(Rollouts):
    """SageMaker's hosting."""

    # Models

    def _create_model(self, params: dict[str, Any]) -> dict[str, Any]:
        containers = params.get("Containers", [params.get("PrimaryContainer")])
        if None in containers or ("Containers" in params and "PrimaryContainer" in params):
            raise invalid("Exactly one of PrimaryContainer and Containers must be specified.")
        if "ExecutionRoleArn" not in params:
            raise invalid("ExecutionRoleArn is required.")
        for container in containers:
            self._check_container(container)
        return self._create(self.models, "model", params["ModelName"], params)

    def _check_container(self, container: dict[str, Any]) -> None:
        if ("ModelPackageName" in container) == ("Image" in container):
            raise invalid("Exactly one of ModelPackageName and Image must be specified.")
        if "ModelPackageName" in container:
            if "ModelDataUrl" in container:
                raise invalid("ModelDataUrl cannot be specified both at Model Package and Model.")
            package = self._package(container["ModelPackageName"], self.packages)
            if package["ModelApprovalStatus"] != "Approved" or package["ModelPackageStatus"] != "Completed":
                raise invalid(
                    f"Model Package {package['ModelPackageArn']} must be Approved to deploy the model."
                )
            return
        if f".{self.region}." not in container["Image"]:
            raise invalid(f"Image {container['Image']} is not in region {self.region}.")
        bucket, _, key = container.get("ModelDataUrl", "").removeprefix("s3://").partition("/")
        if bucket and (bucket, key) not in self.objects:
            raise invalid(f"Could not access model data at {container['ModelDataUrl']}.")

    def _describe_model(self, params: dict[str, Any]) -> dict[str, Any]:
        model = self._existing(self._seen(self.models), "model", "model", params["ModelName"])
        return {key: value for key, value in model.items() if key != "Tags"}

    def _delete_model(self, params: dict[str, Any]) -> dict[str, Any]:
        name = params["ModelName"]
        for endpoint_name, configs in self._in_use().items():
            for config in configs:
                served = self.endpoint_configs.get(config, {"ProductionVariants": []})["ProductionVariants"]
                if any(variant["ModelName"] == name for variant in served):
                    self._harm(f"model {name} deleted while endpoint {endpoint_name} uses it")
        return self._delete(self.models, "model", name)

    def _list_models(self, params: dict[str, Any]) -> dict[str, Any]:
        return self._named("Models", "Model", "model", self.models, params)

    # Endpoint configs

    def _create_endpoint_config(self, params: dict[str, Any]) -> dict[str, Any]:
        shown = self._seen(self.models)
        for variant in params["ProductionVariants"]:
            self._existing(shown, "model", "model", variant["ModelName"])
        check_config(params, shown)
        return self._create(self.endpoint_configs, "endpoint-config", params["EndpointConfigName"], params)

    def _describe_endpoint_config(self, params: dict[str, Any]) -> dict[str, Any]:
        config = self._config(params["EndpointConfigName"])
        return {key: value for key, value in config.items() if key != "Tags"}

    def _delete_endpoint_config(self, params: dict[str, Any]) -> dict[str, Any]:
        name = params["EndpointConfigName"]
        for endpoint_name, configs in self._in_use().items():
            if name in configs:
                self._harm(f"endpoint config {name} deleted while endpoint {endpoint_name} uses it")
        return self._delete(self.endpoint_configs, "endpoint-config", name)

    def _list_endpoint_configs(self, params: dict[str, Any]) -> dict[str, Any]:
        return self._named(
            "EndpointConfigs", "EndpointConfig", "endpoint-config", self.endpoint_configs, params
        )

    # Endpoints

    def _create_endpoint(self, params: dict[str, Any]) -> dict[str, Any]:
        config = self._deployable(params["EndpointConfigName"])
        if "DeploymentConfig" in params:
            check_deployment(params["DeploymentConfig"], config, self.alarms)
        name = params["EndpointName"]
        created = self._create(self.endpoints, "endpoint", name, params)
        self._begin_creation(name)
        return created

    def _update_endpoint(self, params: dict[str, Any]) -> dict[str, Any]:
        name = params["EndpointName"]
        endpoint = self._movable(name)
        if endpoint["EndpointStatus"] == "Failed":
            raise invalid(f'Cannot update endpoint "{endpoint["EndpointArn"]}" in status Failed.')
        new = self._deployable(params["EndpointConfigName"])
        # The old config may have been deleted by hand; then there is nothing to compare with.
        old = self.endpoint_configs.get(endpoint["EndpointConfigName"], new)
        check_move(old, new)
        if "DeploymentConfig" in params:
            check_deployment(params["DeploymentConfig"], new, self.alarms)
        if params.get("ExcludeRetainedVariantProperties") and not params.get("RetainAllVariantProperties"):
            raise invalid("ExcludeRetainedVariantProperties requires RetainAllVariantProperties.")
        self._check_scaled_variants(name, old, new)
        self._begin_update(name, params)
        return {"EndpointArn": endpoint["EndpointArn"]}

    def _check_scaled_variants(self, name: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
        types = {each["VariantName"]: each.get("InstanceType") for each in new["ProductionVariants"]}
        for variant in old["ProductionVariants"]:
            scaled = f"endpoint/{name}/variant/{variant['VariantName']}" in self.scalable_targets
            if scaled and types.get(variant["VariantName"]) != variant.get("InstanceType"):
                raise invalid(
                    f"Cannot update the instance type of variant {variant['VariantName']}: "
                    "it has a scalable target registered; deregister it first."
                )

    def _describe_endpoint(self, params: dict[str, Any]) -> dict[str, Any]:
        endpoint = self._existing(self._seen(self.endpoints), "endpoint", "endpoint", params["EndpointName"])
        return {key: value for key, value in endpoint.items() if key in _SHOWN}

    def _list_endpoints(self, params: dict[str, Any]) -> dict[str, Any]:
        shown = self._seen(self.endpoints)
        keys = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus")
        found = [{key: each[key] for key in keys} for each in shown.values()]
        wanted = params.get("NameContains", "")
        return page("Endpoints", [each for each in found if wanted in each["EndpointName"]], params)

    def _delete_endpoint(self, params: dict[str, Any]) -> dict[str, Any]:
        name = params["EndpointName"]
        endpoint = self._movable(name)
        if any(each.startswith(f"endpoint/{name}/") for each in self.scalable_targets):
            # SageMaker would deregister with the caller's permission, and leave what depends on it behind.
            raise ApiError(
                "AccessDeniedException",
                "User is not authorized to perform: application-autoscaling:DeregisterScalableTarget "
                f"on resource: {endpoint['EndpointArn']}",
            )
        self._begin_deletion(name)
        return {}

    # Parts of the above

    def _config(self, name: str) -> dict[str, Any]:
        shown = self._seen(self.endpoint_configs)
        return self._existing(shown, "endpoint configuration", "endpoint-config", name)

    def _deployable(self, name: str) -> dict[str, Any]:
        config = self._config(name)
        for variant in config["ProductionVariants"]:
            self._existing(self.models, "model", "model", variant["ModelName"])
        return config

    def _create(self, table: Table, kind: str, name: str, params: dict[str, Any]) -> dict[str, Any]:
        resource_arn = self._arn(kind, name)
        if name in table:
            raise invalid(f'Cannot create already existing {_WORDS[kind]} "{resource_arn}".')
        self._changing(table, name)
        table[name] = {**params, _KEYS[kind]: resource_arn, "CreationTime": self._tick()}
        self.tags[resource_arn] = {tag["Key"]: tag["Value"] for tag in params.get("Tags", [])}
        return {_KEYS[kind]: resource_arn}

    def _delete(self, table: Table, kind: str, name: str) -> dict[str, Any]:
        self._existing(table, _WORDS[kind], kind, name)
        self._tick()
        self._forget(table, name, self._arn(kind, name))
        return {}

    def _named(self, key: str, noun: str, kind: str, table: Table, params: dict[str, Any]) -> dict[str, Any]:
        wanted = params.get("NameContains", "")
        found = [
            {f"{noun}Name": name, f"{noun}Arn": self._arn(kind, name), "CreationTime": each["CreationTime"]}
            for name, each in self._seen(table).items()
            if wanted in name
        ]
        found.sort(key=lambda each: each["CreationTime"], reverse=params.get("SortOrder") != "Ascending")
        return page(key, found, params)


_SHOWN = frozenset(
    {
        "EndpointName",
        "EndpointArn",
        "EndpointConfigName",
        "ProductionVariants",
        "DataCaptureConfig",
        "EndpointStatus",
        "FailureReason",
        "CreationTime",
        "LastModifiedTime",
        "LastDeploymentConfig",
        "AsyncInferenceConfig",
        "PendingDeploymentSummary",
    }
)
