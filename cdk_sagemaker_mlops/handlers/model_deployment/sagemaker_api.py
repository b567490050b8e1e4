"""Every SageMaker call of the deployer, in its own terms.

A create that finds its name taken has been done before, and a delete that finds nothing has too: names say
exactly what they stand for (see :mod:`.names`). Reads right after a create may miss it, so those calls have
some seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from ..aws_calls import by_meaning, patiently
from ..errors import AlreadyExistsError, BusyError, MissingError, NotReadyError
from .decide import IN_SERVICE, Endpoint, Record, Rollout

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import ProductionVariantTypeDef, TagTypeDef

OWNER_TAG = "cdk-sagemaker-mlops:deployment"
ROLLOUT_TAG = "cdk-sagemaker-mlops:rollout"
APPROVAL_TAG = "cdk-sagemaker-mlops:approval"
_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class Package:
    """An approved model package version.

    Args:
        arn: Its ARN.
        version: Its number in the group.
        created: When it was registered.
        approval: Changes whenever someone edits or approves the package anew; empty if SageMaker does not
            say.
    """

    arn: str
    version: int
    created: datetime
    approval: str


class SageMakerApi:
    """SageMaker as the deployer needs it.

    Args:
        client: The boto3 client.
        owner: Value of the tag that marks what this deployment created.
    """

    def __init__(self, client: SageMakerClient, *, owner: str) -> None:
        self._client = client
        self._owner = owner

    def newest_approved(self, group_name: str) -> Package | None:
        """Returns the highest approved version of a group, or ``None``, also if there is no such group.

        Versions are numbered in the order of their creation, so the first page that has one has the highest.
        """
        token: dict[str, Any] = {}
        while True:
            try:
                with by_meaning():
                    page = self._client.list_model_packages(
                        ModelPackageGroupName=group_name,
                        ModelApprovalStatus="Approved",
                        SortBy="CreationTime",
                        SortOrder="Descending",
                        **token,
                    )
            except MissingError:
                return None
            # A package may be approved from birth while SageMaker still validates it.
            usable = [
                each for each in page["ModelPackageSummaryList"] if each["ModelPackageStatus"] == "Completed"
            ]
            if usable:
                highest = max(usable, key=lambda each: each["ModelPackageVersion"])
                return self._package(
                    highest["ModelPackageArn"], highest["ModelPackageVersion"], highest["CreationTime"]
                )
            if "NextToken" not in page:
                return None
            token = {"NextToken": page["NextToken"]}

    def _package(self, arn: str, version: int, created: datetime) -> Package:
        with by_meaning():
            modified = self._client.describe_model_package(ModelPackageName=arn).get("LastModifiedTime")
        approval = "" if modified is None else modified.isoformat()
        return Package(arn=arn, version=version, created=created, approval=approval)

    def endpoint(self, name: str) -> Endpoint | None:
        """Returns the endpoint, or ``None``."""
        try:
            with by_meaning():
                found = self._client.describe_endpoint(EndpointName=name)
                tags = self._tags(found["EndpointArn"])
        except MissingError:
            return None
        return Endpoint(
            status=found["EndpointStatus"],
            config_name=found.get("EndpointConfigName", ""),
            owned=tags.get(OWNER_TAG) == self._owner,
            failure_reason=found.get("FailureReason", ""),
        )

    def record(self, config_name: str) -> Record | None:
        """Returns what is noted on an endpoint config, or ``None``, also if there is no such config."""
        try:
            tags = self._tags(self._config_arn(config_name))
        except MissingError:
            return None
        if ROLLOUT_TAG not in tags:
            return None
        return Record(rollout=Rollout(tags[ROLLOUT_TAG]), approval=tags.get(APPROVAL_TAG, ""))

    def write_record(self, config_name: str, record: Record) -> None:
        """Notes ``record`` on an endpoint config."""
        # Tags on the config, not on the endpoint: they outlive a Failed endpoint, which can only be deleted;
        # and not on the package: it may belong to another account, and writing there would look like an
        # approval.
        arn = self._config_arn(config_name)
        with by_meaning():
            self._client.add_tags(
                ResourceArn=arn,
                Tags=[
                    {"Key": ROLLOUT_TAG, "Value": record.rollout.value},
                    {"Key": APPROVAL_TAG, "Value": record.approval},
                ],
            )

    def create_model(self, name: str, *, package_arn: str, execution_role_arn: str) -> None:
        """Creates the model of a package version, unless it exists."""

        def create() -> None:
            with by_meaning():
                self._client.create_model(
                    ModelName=name,
                    Containers=[{"ModelPackageName": package_arn}],
                    ExecutionRoleArn=execution_role_arn,
                    Tags=self._owner_tags(),
                )

        with suppress(AlreadyExistsError):
            patiently(create, on=(NotReadyError,))

    def create_endpoint_config(self, name: str, *, variant: Mapping[str, Any]) -> None:
        """Creates the endpoint config for the model of the same name, unless it exists."""
        complete = cast("ProductionVariantTypeDef", {**variant, "ModelName": name})

        def create() -> None:
            with by_meaning():
                self._client.create_endpoint_config(
                    EndpointConfigName=name,
                    ProductionVariants=[complete],
                    Tags=self._owner_tags(),
                )

        with suppress(AlreadyExistsError):
            patiently(create, on=(MissingError, NotReadyError))

    def create_endpoint(self, name: str, *, config_name: str) -> None:
        """Starts to create the endpoint, unless it exists."""

        def create() -> None:
            with by_meaning():
                self._client.create_endpoint(
                    EndpointName=name, EndpointConfigName=config_name, Tags=self._owner_tags()
                )

        with suppress(AlreadyExistsError):
            patiently(create, on=(MissingError, NotReadyError))

    def update_endpoint(self, name: str, *, config_name: str) -> bool:
        """Starts to move the endpoint to another config.

        Returns:
            Whether the move is seen to have begun. A record of it may be written only then: before, an
            endpoint that still shows the old config in service would look rolled back.

        Raises:
            BusyError: Something else is going on; it has to end first.
        """

        def update() -> None:
            with by_meaning():
                self._client.update_endpoint(EndpointName=name, EndpointConfigName=config_name)

        def seen() -> None:
            found = self.endpoint(name)
            if found is None or (found.status == IN_SERVICE and found.config_name != config_name):
                raise MissingError

        patiently(update, on=(MissingError, NotReadyError))
        try:
            patiently(seen, on=(MissingError,))
        except MissingError:
            return False
        return True

    def delete_endpoint(self, name: str) -> bool:
        """Deletes the endpoint.

        Returns:
            Whether it is gone already; SageMaker may take longer than this call waits.

        Raises:
            BusyError: Something else is going on; it has to end first.
        """

        def gone() -> None:
            if self.endpoint(name) is not None:
                raise BusyError

        with suppress(MissingError), by_meaning():
            self._client.delete_endpoint(EndpointName=name)
        try:
            patiently(gone, on=(BusyError,))
        except BusyError:
            return False
        return True

    def delete_endpoint_config(self, name: str) -> None:
        """Deletes an endpoint config, if it exists."""
        with suppress(MissingError), by_meaning():
            self._client.delete_endpoint_config(EndpointConfigName=name)

    def delete_model(self, name: str) -> None:
        """Deletes a model, if it exists."""
        with suppress(MissingError), by_meaning():
            self._client.delete_model(ModelName=name)

    def endpoint_configs(self, name_part: str) -> Iterator[str]:
        """Yields the names of the account's endpoint configs that contain ``name_part``."""
        with by_meaning():
            pages = self._client.get_paginator("list_endpoint_configs").paginate(
                NameContains=name_part, PaginationConfig={"PageSize": _PAGE}
            )
            for page in pages:
                yield from (each["EndpointConfigName"] for each in page["EndpointConfigs"])

    def models(self, name_part: str) -> Iterator[str]:
        """Yields the names of the account's models that contain ``name_part``."""
        with by_meaning():
            pages = self._client.get_paginator("list_models").paginate(
                NameContains=name_part, PaginationConfig={"PageSize": _PAGE}
            )
            for page in pages:
                yield from (each["ModelName"] for each in page["Models"])

    def _config_arn(self, name: str) -> str:
        with by_meaning():
            return self._client.describe_endpoint_config(EndpointConfigName=name)["EndpointConfigArn"]

    def _tags(self, arn: str) -> dict[str, str]:
        with by_meaning():
            pages = self._client.get_paginator("list_tags").paginate(ResourceArn=arn)
            return {tag["Key"]: tag["Value"] for page in pages for tag in page.get("Tags", [])}

    def _owner_tags(self) -> list[TagTypeDef]:
        return [{"Key": OWNER_TAG, "Value": self._owner}]
