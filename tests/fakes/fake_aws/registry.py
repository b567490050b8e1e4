"""Model package groups and their versions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .errors import ApiError, invalid
from .state import ACCOUNT, State, Table

_SUMMARY = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "CreationTime",
    "ModelPackageStatus",
    "ModelApprovalStatus",
)


class Registry(State):
    """SageMaker's model registry.

    Every change of a package moves its ``LastModifiedTime`` and sends an event, whoever makes it. With
    ``deletion_lag`` above 0 a deleted package still counts for its group for that many seconds.
    """

    def __init__(self, region: str) -> None:
        super().__init__(region)
        self.groups: Table = {}
        self.packages: Table = {}
        self.deletion_lag = 0.0
        self._lingering: dict[str, Any] = {}

    # What a test says

    def create_group(self, name: str, *, account: str = ACCOUNT) -> str:
        """Makes a group; one of another account is known by its ARN only, which is returned."""
        group_arn = f"arn:aws:sagemaker:{self.region}:{account}:model-package-group/{name}"
        key = name if account == ACCOUNT else group_arn
        self.groups[key] = {
            "arn": group_arn,
            "name": name,
            "created": self._tick(),
            "next": 1,
            "account": account,
        }
        return group_arn

    def register(
        self,
        group: str,
        *,
        approval: str = "PendingManualApproval",
        status: str = "Completed",
        containers: list[dict[str, Any]] | None = None,
    ) -> str:
        """Adds a version to a group, given by the name or ARN that :meth:`create_group` keeps it under."""
        found = self.groups[group]
        version = found["next"]
        found["next"] = version + 1
        package_arn = f"arn:aws:sagemaker:{self.region}:{found['account']}:model-package/{found['name'].lower()}/{version}"
        created = self._tick()
        image = f"{found['account']}.dkr.ecr.{self.region}.amazonaws.com/model:1"
        data = f"s3://models-{found['account']}/{found['name']}/{version}/model.tar.gz"
        self._changing(self.packages, package_arn)
        self.packages[package_arn] = {
            "ModelPackageGroupName": found["name"],
            "ModelPackageVersion": version,
            "ModelPackageArn": package_arn,
            "CreationTime": created,
            "LastModifiedTime": created,
            "ModelPackageStatus": status,
            "ModelApprovalStatus": approval,
            "InferenceSpecification": {
                "Containers": containers
                if containers is not None
                else [{"Image": image, "ModelDataUrl": data}]
            },
        }
        found.setdefault("packages", []).append(package_arn)
        self._package_event(package_arn)
        return package_arn

    def decide(self, package_arn: str, approval: str) -> None:
        """A person approves or rejects."""
        self._changing(self.packages, package_arn)
        self.packages[package_arn].update(ModelApprovalStatus=approval, LastModifiedTime=self._tick())
        self._package_event(package_arn)

    def complete(self, package_arn: str, status: str = "Completed") -> None:
        """SageMaker has validated a package."""
        self._changing(self.packages, package_arn)
        self.packages[package_arn].update(ModelPackageStatus=status, LastModifiedTime=self._tick())
        self._package_event(package_arn)

    def delete(self, package_arn: str) -> None:
        """A person deletes a version. SageMaker sends no event for that."""
        self._changing(self.packages, package_arn)
        del self.packages[package_arn]
        self._tick()

    # What the client sends

    def _list_model_packages(self, params: dict[str, Any]) -> dict[str, Any]:
        group = self._group(params["ModelPackageGroupName"])
        shown = self._seen(self.packages)
        wanted = params.get("ModelApprovalStatus")
        arns = group.get("packages", [])
        # In the order of creation, so that a group of thousands costs no sort a call.
        ordered = reversed(arns) if params.get("SortOrder", "Ascending") == "Descending" else arns
        start = int(params.get("NextToken", "0"))
        size = params.get("MaxResults", 10)
        found: list[dict[str, Any]] = []
        skipped = 0
        for each in ordered:
            package = shown.get(each)
            if package is None or (wanted is not None and package["ModelApprovalStatus"] != wanted):
                continue
            if skipped < start:
                skipped += 1
                continue
            if len(found) == size:
                return {"ModelPackageSummaryList": found, "NextToken": str(start + size)}
            found.append({key: package[key] for key in _SUMMARY})
        return {"ModelPackageSummaryList": found}

    def _describe_model_package(self, params: dict[str, Any]) -> dict[str, Any]:
        package = self._package(params["ModelPackageName"], self._seen(self.packages))
        details: dict[str, Any] = {"ModelPackageStatusDetails": {"ValidationStatuses": []}}
        return {**package, **details, "ModelPackageName": package["ModelPackageGroupName"]}

    def _update_model_package(self, params: dict[str, Any]) -> dict[str, Any]:
        package = self._package(params["ModelPackageArn"], self.packages)
        properties = dict(package.get("CustomerMetadataProperties", {}))
        properties.update(params.get("CustomerMetadataProperties", {}))
        for key in params.get("CustomerMetadataPropertiesToRemove", []):
            properties.pop(key, None)
        if len(properties) > 50:
            raise ApiError(
                "ResourceLimitExceeded", "A model package has at most 50 customer metadata properties."
            )
        self._changing(self.packages, package["ModelPackageArn"])
        if properties:
            package["CustomerMetadataProperties"] = properties
        else:
            package.pop("CustomerMetadataProperties", None)
        for key in ("ModelApprovalStatus", "ApprovalDescription"):
            if key in params:
                package[key] = params[key]
        package["LastModifiedTime"] = self._tick()
        self._package_event(package["ModelPackageArn"])
        return {"ModelPackageArn": package["ModelPackageArn"]}

    def _delete_model_package(self, params: dict[str, Any]) -> dict[str, Any]:
        package_arn = self._package(params["ModelPackageName"], self.packages)["ModelPackageArn"]
        self._changing(self.packages, package_arn)
        if self.deletion_lag:
            self._lingering[package_arn] = self.now + timedelta(seconds=self.deletion_lag)
        del self.packages[package_arn]
        self._tick()
        return {}

    def _describe_model_package_group(self, params: dict[str, Any]) -> dict[str, Any]:
        group = self._group(params["ModelPackageGroupName"])
        return {
            "ModelPackageGroupName": group["name"],
            "ModelPackageGroupArn": group["arn"],
            "CreationTime": group["created"],
            "CreatedBy": {},
            "ModelPackageGroupStatus": group.get("status", "Completed"),
        }

    def _delete_model_package_group(self, params: dict[str, Any]) -> dict[str, Any]:
        group = self._group(params["ModelPackageGroupName"])
        prefix = group["arn"].replace(":model-package-group/", ":model-package/").lower() + "/"
        lingering = any(
            each.startswith(prefix) and until > self.now for each, until in self._lingering.items()
        )
        if lingering or any(each.startswith(prefix) for each in self.packages):
            raise ApiError(
                "ConflictException",
                "Model Package Group cannot be deleted because it still contains Model Packages",
            )
        del self.groups[next(key for key, each in self.groups.items() if each is group)]
        return {}

    # Parts of the above

    def _group(self, name: str) -> dict[str, Any]:
        own = f":{ACCOUNT}:model-package-group/"
        key = name.partition(own)[2] if own in name else name
        if key not in self.groups:
            raise invalid(f"ModelPackageGroup {name} does not exist.")
        return self.groups[key]

    def _package(self, package_arn: str, table: Table) -> dict[str, Any]:
        if package_arn not in table:
            raise invalid(f"ModelPackage {package_arn} does not exist.")
        return table[package_arn]

    def _package_event(self, package_arn: str) -> None:
        keys = ("ModelPackageGroupName", "ModelPackageVersion", "ModelPackageArn", "ModelApprovalStatus")
        detail = {key: self.packages[package_arn][key] for key in keys}
        self._event("SageMaker Model Package State Change", detail)
