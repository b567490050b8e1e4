"""SageMaker's hosting, in the deployer's own terms.

A create that finds its name taken has been done before, and a delete that finds nothing has too: names say
exactly what they stand for (see :mod:`.names`). Reads right after a create may miss it, so those calls have
some seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .. import contract
from ..aws_calls import by_meaning, client, own_region, patiently
from ..errors import AlreadyExistsError, BusyError, MissingError, NotReadyError, RetryableError
from . import names
from .decisions import Endpoint
from .records import OWNER_TAG, Record, Rollout, record_from
from .settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A model or endpoint config of this deployment's, as it is listed.

    Args:
        name: Its name.
        created: When it was created.
    """

    name: str
    created: datetime


class SageMakerApi:
    """SageMaker's hosting as one deployment needs it.

    Args:
        settings: The deployment's.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def _client(self) -> SageMakerClient:
        sagemaker: SageMakerClient = client("sagemaker")
        return sagemaker

    # Records

    def record(self, config_name: str) -> Record | None:
        """Returns what is noted on an endpoint config, or ``None`` if there is no such config of ours."""
        try:
            tags = self._tags(self._arn("endpoint-config", config_name))
        except MissingError:
            return None
        if OWNER_TAG not in tags:
            return None
        record = record_from(tags)
        return Record(rollout=Rollout.PREPARED) if record is None else record

    def note(self, config_name: str, tags: Mapping[str, str]) -> None:
        """Writes tags on an endpoint config, if it exists.

        Args:
            config_name: The config.
            tags: A record's, see :meth:`.records.Record.tags`, or some of them.
        """
        with suppress(MissingError), by_meaning():
            self._client.add_tags(
                ResourceArn=self._arn("endpoint-config", config_name),
                Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            )

    # Models and endpoint configs

    def create_model(self, name: str, containers: Sequence[Mapping[str, Any]]) -> None:
        """Creates a model, unless it exists.

        Raises:
            RetryableError: The package is not there any more; look again.
            PermanentError: SageMaker refuses.
        """
        model = self._settings.part(contract.MODEL)
        members: dict[str, Any] = {key: value for key, value in model.items() if key != "Environment"}
        members["Containers"] = [dict(container) for container in containers]

        def create() -> None:
            with by_meaning():
                self._client.create_model(
                    ModelName=name,
                    ExecutionRoleArn=self._settings.execution_role_arn,
                    Tags=[{"Key": OWNER_TAG, "Value": self._settings.name_prefix}],
                    **members,
                )

        with suppress(AlreadyExistsError):
            _until_seen(create, on=(NotReadyError,))

    def create_endpoint_config(self, name: str, record: Record) -> None:
        """Creates the endpoint config for the model of the same name, or only notes the record on it.

        Raises:
            RetryableError: The model is not there any more; look again.
            PermanentError: SageMaker refuses.
        """
        members = dict(self._settings.part(contract.ENDPOINT_CONFIG))
        variant: Any = {**self._settings.variant, "ModelName": name}
        tags = {OWNER_TAG: self._settings.name_prefix, **record.tags()}

        def create() -> None:
            with by_meaning():
                self._client.create_endpoint_config(
                    EndpointConfigName=name,
                    ProductionVariants=[variant],
                    Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
                    **members,
                )

        try:
            _until_seen(create, on=(MissingError, NotReadyError))
        except AlreadyExistsError:
            before = self.record(name)
            # Another look may have asked for it in this moment: that note is worth more than this one.
            if before is None or before.rollout is not Rollout.REQUESTED:
                self.note(name, record.tags())

    def delete_endpoint_config(self, name: str) -> None:
        """Deletes an endpoint config, if it exists."""
        with suppress(MissingError), by_meaning():
            self._client.delete_endpoint_config(EndpointConfigName=name)

    def delete_model(self, name: str) -> None:
        """Deletes a model, if it exists."""
        with suppress(MissingError), by_meaning():
            self._client.delete_model(ModelName=name)

    def endpoint_configs(self) -> Iterator[Listed]:
        """Yields this deployment's endpoint configs, newest first."""
        yield from self._listed("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName")

    def models(self) -> Iterator[Listed]:
        """Yields this deployment's models, newest first."""
        yield from self._listed("list_models", "Models", "ModelName")

    def _listed(self, operation: Any, items: str, name: str) -> Iterator[Listed]:
        with by_meaning():
            pages = self._client.get_paginator(operation).paginate(
                NameContains=names.stem(self._settings),
                SortBy="CreationTime",
                SortOrder="Descending",
                PaginationConfig={"PageSize": _PAGE},
            )
            for page in pages:
                for each in page[items]:
                    if names.is_own(self._settings, each[name]):
                        yield Listed(name=each[name], created=each["CreationTime"])

    # The endpoint

    def endpoint(self) -> Endpoint | None:
        """Returns the endpoint, or ``None``."""
        try:
            with by_meaning():
                found = self._client.describe_endpoint(EndpointName=self._settings.endpoint_name)
            config_name = found.get("EndpointConfigName", "")
            # The name of a config of ours proves it, and saves a call.
            owned = names.is_own(self._settings, config_name) or (
                self._tags(found["EndpointArn"]).get(OWNER_TAG) == self._settings.name_prefix
            )
        except MissingError:
            return None
        variants = found.get("ProductionVariants", [])
        return Endpoint(
            status=found["EndpointStatus"],
            config_name=config_name,
            owned=owned,
            failure_reason=found.get("FailureReason", ""),
            modified=round(found["LastModifiedTime"].timestamp() * 1000),
            instances=variants[0].get("DesiredInstanceCount") if variants else None,
        )

    def create_endpoint(self, config_name: str, *, deployment_config: Mapping[str, Any] | None) -> None:
        """Starts to create the endpoint.

        Raises:
            BusyError: Another look, or an attempt whose answer was lost, was first; that has to end first.
            RetryableError: The config is not there any more; look again.
            PermanentError: SageMaker refuses.
        """
        members = _given(DeploymentConfig=deployment_config)

        def create() -> None:
            with by_meaning():
                self._client.create_endpoint(
                    EndpointName=self._settings.endpoint_name,
                    EndpointConfigName=config_name,
                    Tags=[{"Key": OWNER_TAG, "Value": self._settings.name_prefix}],
                    **members,
                )

        try:
            _until_seen(create, on=(MissingError, NotReadyError))
        except AlreadyExistsError as error:
            # Not success: an endpoint that is not seen yet may have been begun on another config.
            raise BusyError(str(error)) from error

    def update_endpoint(
        self, config_name: str, *, deployment_config: Mapping[str, Any] | None, retains_variants: bool
    ) -> None:
        """Starts to move the endpoint to another config.

        Args:
            config_name: The config.
            deployment_config: How traffic moves; SageMaker forgets it with each update.
            retains_variants: Whether the instance count stays as autoscaling has made it.

        Raises:
            BusyError: Something else is going on; it has to end first.
            RetryableError: Endpoint or config are not there any more; look again.
            PermanentError: SageMaker refuses.
        """
        members = _given(DeploymentConfig=deployment_config)
        if retains_variants:
            members["RetainAllVariantProperties"] = True
            members["ExcludeRetainedVariantProperties"] = [
                {"VariantPropertyType": "DataCaptureConfig"},
                {"VariantPropertyType": "DesiredWeight"},
            ]

        def update() -> None:
            with by_meaning():
                self._client.update_endpoint(
                    EndpointName=self._settings.endpoint_name, EndpointConfigName=config_name, **members
                )

        _until_seen(update, on=(MissingError, NotReadyError))

    def delete_endpoint(self) -> bool:
        """Deletes the endpoint.

        Returns:
            Whether it is gone already; SageMaker may take longer than this call waits.

        Raises:
            BusyError: Something else is going on; it has to end first.
        """
        name = self._settings.endpoint_name

        def gone() -> None:
            with suppress(MissingError), by_meaning():
                self._client.describe_endpoint(EndpointName=name)
                raise BusyError(f"endpoint {name} is being deleted")

        with suppress(MissingError), by_meaning():
            self._client.delete_endpoint(EndpointName=name)
        try:
            patiently(gone, on=(BusyError,))
        except BusyError:
            return False
        return True

    def has_no_endpoint(self) -> bool:
        """Makes sure that an endpoint that was not seen is not just about to be seen.

        Reads may lag behind; a deletion is refused by what is. Should there be an endpoint, it is deleted.
        """
        try:
            with by_meaning():
                self._client.delete_endpoint(EndpointName=self._settings.endpoint_name)
        except MissingError:
            return True
        except BusyError:
            return False
        return False

    # Parts of the above

    def _arn(self, kind: str, name: str) -> str:
        own = self._settings
        # SageMaker's ARNs are in lower case, whatever the name's case.
        return f"arn:{own.partition}:sagemaker:{own_region()}:{own.account}:{kind}/{name.lower()}"

    def _tags(self, arn: str) -> dict[str, str]:
        with by_meaning():
            pages = self._client.get_paginator("list_tags").paginate(ResourceArn=arn)
            return {tag["Key"]: tag["Value"] for page in pages for tag in page.get("Tags", [])}


def _until_seen(call: Callable[[], None], *, on: tuple[type[Exception], ...]) -> None:
    """Calls for some seconds, until what was made just before is visible everywhere."""
    try:
        patiently(call, on=on)
    except MissingError as error:
        # It was there when it was looked for; the next look finds out what to do now.
        raise RetryableError(str(error)) from error


def _given(**members: Any) -> dict[str, Any]:
    return {key: dict(value) for key, value in members.items() if value}
