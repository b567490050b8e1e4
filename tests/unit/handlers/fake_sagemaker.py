"""An in-memory SageMaker behind a real boto3 client.

It answers the client's HTTP requests, so botocore checks every request and parses every response; each response is
checked against the operation's output shape too. Rollouts end when a test says how: :meth:`FakeSageMaker.settle`,
:meth:`FakeSageMaker.roll_back`, :meth:`FakeSageMaker.fail`. Error texts are SageMaker's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.validate import ParamValidator

ACCOUNT = "123456789012"
REGION = "eu-west-1"
BUSY = {"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"}
IN_EVENTS = {"InService": "IN_SERVICE", "RollingBack": "ROLLING_BACK"}
DEFAULT_PAGE = 10


class ApiError(Exception):
    """What SageMaker answers instead of a result."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def invalid(message: str) -> ApiError:
    return ApiError("ValidationException", message)


class FakeSageMaker:
    """SageMaker's registry and hosting, as far as the handlers use them."""

    def __init__(self, client: Any) -> None:
        self._model = client.meta.service_model
        self._now = datetime(2026, 11, 1, tzinfo=UTC)
        self._faults: dict[str, list[ApiError]] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        self.packages: dict[str, dict[str, Any]] = {}
        self.models: dict[str, dict[str, Any]] = {}
        self.endpoint_configs: dict[str, dict[str, Any]] = {}
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.events: list[dict[str, Any]] = []
        self.deletes_at_once = False

    # What a test says

    def create_group(self, name: str) -> None:
        self.groups[name] = {"arn": arn("model-package-group", name), "created": self._tick(), "next": 1}

    def register(
        self, group: str, *, approval: str = "PendingManualApproval", status: str = "Completed"
    ) -> str:
        version = self.groups[group]["next"]
        self.groups[group]["next"] = version + 1
        package_arn = arn("model-package", f"{group}/{version}")
        created = self._tick()
        self.packages[package_arn] = {
            "ModelPackageGroupName": group,
            "ModelPackageVersion": version,
            "ModelPackageArn": package_arn,
            "CreationTime": created,
            "LastModifiedTime": created,
            "ModelPackageStatus": status,
            "ModelApprovalStatus": approval,
        }
        self._package_event(package_arn)
        return package_arn

    def decide(self, package_arn: str, approval: str) -> None:
        self.packages[package_arn].update(ModelApprovalStatus=approval, LastModifiedTime=self._tick())
        self._package_event(package_arn)

    def served(self, name: str) -> str:
        """The model package that an endpoint serves, found the way SageMaker finds it."""
        config = self.endpoint_configs[self.endpoints[name]["EndpointConfigName"]]
        model = self.models[config["ProductionVariants"][0]["ModelName"]]
        return str(model["Containers"][0]["ModelPackageName"])

    def settle(self, name: str) -> None:
        """Ends what SageMaker is at work on as it should end."""
        endpoint = self.endpoints[name]
        if endpoint["EndpointStatus"] == "Deleting":
            self._forget(self.endpoints, name, endpoint["EndpointArn"])
            return
        endpoint["EndpointConfigName"] = endpoint.pop("pending", endpoint["EndpointConfigName"])
        self._status(name, "InService")

    def roll_back(self, name: str) -> None:
        """Ends an update as SageMaker does when it fails: silently, on the config from before."""
        del self.endpoints[name]["pending"]
        self._status(name, "RollingBack")
        self._status(name, "InService")

    def fail(self, name: str, reason: str = "The container did not pass the ping health check.") -> None:
        self.endpoints[name].pop("pending", None)
        self.endpoints[name]["FailureReason"] = reason
        self._status(name, "Failed")

    def set_status(self, name: str, status: str) -> None:
        self._status(name, status)

    def fail_next(
        self, operation: str, code: str, message: str, *, status: int = 400, times: int = 1
    ) -> None:
        self._faults.setdefault(operation, []).extend([ApiError(code, message, status)] * times)

    def called(self, operation: str) -> list[dict[str, Any]]:
        return [params for name, params in self.calls if name == operation]

    @property
    def changes(self) -> list[str]:
        """Operations called so far that are not reads."""
        return [name for name, _ in self.calls if not name.startswith(("Describe", "List"))]

    # What the client sends

    def answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        """Handler of botocore's ``before-send`` event."""
        target = request.headers["X-Amz-Target"]
        operation = (target if isinstance(target, str) else target.decode()).split(".")[1]
        params = json.loads(request.body)
        self.calls.append((operation, params))
        try:
            if self._faults.get(operation):
                raise self._faults[operation].pop(0)
            result = getattr(self, f"_{xform_name(operation)}")(params)
        except ApiError as error:
            return response(request.url, error.status, {"__type": error.code, "message": error.message})
        self._check(operation, result)
        return response(request.url, 200, result)

    def _check(self, operation: str, result: dict[str, Any]) -> None:
        shape = self._model.operation_model(operation).output_shape
        if shape is not None:
            report = ParamValidator().validate(result, shape)
            assert not report.has_errors(), report.generate_report()

    # Registry

    def _list_model_packages(self, params: dict[str, Any]) -> dict[str, Any]:
        group = params["ModelPackageGroupName"]
        self._group(group)
        found = [
            {key: value for key, value in package.items() if key != "LastModifiedTime"}
            for package in self.packages.values()
            if package["ModelPackageGroupName"] == group
            and package["ModelApprovalStatus"]
            == params.get("ModelApprovalStatus", package["ModelApprovalStatus"])
        ]
        found.sort(key=lambda each: each["CreationTime"], reverse=params.get("SortOrder") == "Descending")
        return page("ModelPackageSummaryList", found, params)

    def _describe_model_package(self, params: dict[str, Any]) -> dict[str, Any]:
        package = self._package(params["ModelPackageName"])
        details: dict[str, Any] = {"ModelPackageStatusDetails": {"ValidationStatuses": []}}
        return {**package, **details, "ModelPackageName": package["ModelPackageGroupName"]}

    def _delete_model_package(self, params: dict[str, Any]) -> dict[str, Any]:
        del self.packages[self._package(params["ModelPackageName"])["ModelPackageArn"]]
        return {}

    def _describe_model_package_group(self, params: dict[str, Any]) -> dict[str, Any]:
        group = self._group(params["ModelPackageGroupName"])
        return {
            "ModelPackageGroupName": params["ModelPackageGroupName"],
            "ModelPackageGroupArn": group["arn"],
            "CreationTime": group["created"],
            "CreatedBy": {},
            "ModelPackageGroupStatus": group.get("status", "Completed"),
        }

    def _delete_model_package_group(self, params: dict[str, Any]) -> dict[str, Any]:
        name = params["ModelPackageGroupName"]
        self._group(name)
        if any(package["ModelPackageGroupName"] == name for package in self.packages.values()):
            raise ApiError(
                "ConflictException",
                "Model Package Group cannot be deleted because it still contains Model Packages",
            )
        del self.groups[name]
        return {}

    # Hosting

    def _create_model(self, params: dict[str, Any]) -> dict[str, Any]:
        name = params["ModelName"]
        for container in params["Containers"]:
            package = self._package(container["ModelPackageName"])
            assert package["ModelApprovalStatus"] == "Approved", "only an approved version can be deployed"
        return self._create(self.models, "model", "model", name, params)

    def _delete_model(self, params: dict[str, Any]) -> dict[str, Any]:
        return self._delete(self.models, "model", "model", params["ModelName"])

    def _list_models(self, params: dict[str, Any]) -> dict[str, Any]:
        return self._named("Models", "Model", "model", self.models, params)

    def _create_endpoint_config(self, params: dict[str, Any]) -> dict[str, Any]:
        for variant in params["ProductionVariants"]:
            self._existing(self.models, "model", "model", variant["ModelName"])
        name = params["EndpointConfigName"]
        return self._create(self.endpoint_configs, "endpoint configuration", "endpoint-config", name, params)

    def _describe_endpoint_config(self, params: dict[str, Any]) -> dict[str, Any]:
        config = self._config(params["EndpointConfigName"])
        return {key: value for key, value in config.items() if key != "Tags"}

    def _delete_endpoint_config(self, params: dict[str, Any]) -> dict[str, Any]:
        name = params["EndpointConfigName"]
        assert all(endpoint["EndpointConfigName"] != name for endpoint in self.endpoints.values()), "in use"
        return self._delete(self.endpoint_configs, "endpoint configuration", "endpoint-config", name)

    def _list_endpoint_configs(self, params: dict[str, Any]) -> dict[str, Any]:
        return self._named(
            "EndpointConfigs", "EndpointConfig", "endpoint-config", self.endpoint_configs, params
        )

    def _create_endpoint(self, params: dict[str, Any]) -> dict[str, Any]:
        self._config(params["EndpointConfigName"])
        name = params["EndpointName"]
        created = self._create(self.endpoints, "endpoint", "endpoint", name, params)
        self._status(name, "Creating")
        return created

    def _update_endpoint(self, params: dict[str, Any]) -> dict[str, Any]:
        endpoint = self._movable(params["EndpointName"])
        self._config(params["EndpointConfigName"])
        assert endpoint["EndpointStatus"] != "Failed", "only DeleteEndpoint is allowed"
        endpoint["pending"] = params["EndpointConfigName"]
        self._status(params["EndpointName"], "Updating")
        return {"EndpointArn": endpoint["EndpointArn"]}

    def _describe_endpoint(self, params: dict[str, Any]) -> dict[str, Any]:
        endpoint = self._endpoint(params["EndpointName"])
        return {key: value for key, value in endpoint.items() if key not in ("Tags", "pending")}

    def _delete_endpoint(self, params: dict[str, Any]) -> dict[str, Any]:
        self._movable(params["EndpointName"])
        self._status(params["EndpointName"], "Deleting")
        if self.deletes_at_once:
            self.settle(params["EndpointName"])
        return {}

    # Tags

    def _add_tags(self, params: dict[str, Any]) -> dict[str, Any]:
        self._tags_of(params["ResourceArn"]).update({tag["Key"]: tag["Value"] for tag in params["Tags"]})
        return self._list_tags(params)

    def _list_tags(self, params: dict[str, Any]) -> dict[str, Any]:
        tags = self._tags_of(params["ResourceArn"])
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tags_of(self, resource_arn: str) -> dict[str, str]:
        if resource_arn not in self.tags:
            raise invalid(f"Resource {resource_arn} does not exist.")
        return self.tags[resource_arn]

    # Parts of the above

    def _tick(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    def _group(self, name: str) -> dict[str, Any]:
        if name not in self.groups:
            raise invalid(f"ModelPackageGroup {name} does not exist.")
        return self.groups[name]

    def _package(self, package_arn: str) -> dict[str, Any]:
        if package_arn not in self.packages:
            raise invalid(f"ModelPackage {package_arn} does not exist.")
        return self.packages[package_arn]

    def _config(self, name: str) -> dict[str, Any]:
        return self._existing(self.endpoint_configs, "endpoint configuration", "endpoint-config", name)

    def _endpoint(self, name: str) -> dict[str, Any]:
        return self._existing(self.endpoints, "endpoint", "endpoint", name)

    def _movable(self, name: str) -> dict[str, Any]:
        endpoint = self._endpoint(name)
        if endpoint["EndpointStatus"] in BUSY:
            raise invalid(f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".')
        return endpoint

    def _existing(self, table: dict[str, dict[str, Any]], words: str, kind: str, name: str) -> dict[str, Any]:
        if name not in table:
            raise invalid(f'Could not find {words} "{arn(kind, name)}".')
        return table[name]

    def _create(
        self, table: dict[str, dict[str, Any]], words: str, kind: str, name: str, params: dict[str, Any]
    ) -> dict[str, Any]:
        resource_arn = arn(kind, name)
        if name in table:
            raise invalid(f'Cannot create already existing {words} "{resource_arn}".')
        key = {"model": "ModelArn", "endpoint-config": "EndpointConfigArn", "endpoint": "EndpointArn"}[kind]
        now = self._tick()
        table[name] = {**params, key: resource_arn, "CreationTime": now}
        self.tags[resource_arn] = {tag["Key"]: tag["Value"] for tag in params.get("Tags", [])}
        return {key: resource_arn}

    def _delete(self, table: dict[str, dict[str, Any]], words: str, kind: str, name: str) -> dict[str, Any]:
        self._existing(table, words, kind, name)
        self._forget(table, name, arn(kind, name))
        return {}

    def _forget(self, table: dict[str, dict[str, Any]], name: str, resource_arn: str) -> None:
        del table[name]
        del self.tags[resource_arn]

    def _named(
        self, key: str, noun: str, kind: str, table: dict[str, dict[str, Any]], params: dict[str, Any]
    ) -> dict[str, Any]:
        found = [
            {f"{noun}Name": name, f"{noun}Arn": arn(kind, name), "CreationTime": each["CreationTime"]}
            for name, each in table.items()
            if params["NameContains"] in name
        ]
        return page(key, found, params)

    def _status(self, name: str, status: str) -> None:
        endpoint = self.endpoints[name]
        endpoint.update(EndpointStatus=status, LastModifiedTime=self._tick())
        detail = {
            "EndpointName": name,
            "EndpointArn": endpoint["EndpointArn"],
            "EndpointConfigName": endpoint["EndpointConfigName"],
            "EndpointStatus": IN_EVENTS.get(status, status.upper()),
        }
        self._event("SageMaker Endpoint State Change", detail)

    def _package_event(self, package_arn: str) -> None:
        keys = ("ModelPackageGroupName", "ModelPackageVersion", "ModelPackageArn", "ModelApprovalStatus")
        detail = {key: self.packages[package_arn][key] for key in keys}
        self._event("SageMaker Model Package State Change", detail)

    def _event(self, detail_type: str, detail: dict[str, Any]) -> None:
        self.events.append({"source": "aws.sagemaker", "detail-type": detail_type, "detail": detail})


def arn(kind: str, name: str) -> str:
    # SageMaker's ARNs are in lower case, whatever the name's case.
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name.lower()}"


def page(key: str, items: list[dict[str, Any]], params: dict[str, Any]) -> dict[str, Any]:
    start = int(params.get("NextToken", "0"))
    end = start + params.get("MaxResults", DEFAULT_PAGE)
    return {key: items[start:end], **({"NextToken": str(end)} if end < len(items) else {})}


def response(url: str, status: int, body: dict[str, Any]) -> AWSResponse:
    content = json.dumps(body, default=lambda value: value.timestamp()).encode()

    class Raw:
        def stream(self) -> Iterator[bytes]:
            yield content

    return AWSResponse(url, status, {"Content-Type": "application/x-amz-json-1.1"}, Raw())
