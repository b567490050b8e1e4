"""The model registry, here or elsewhere: approved versions, and the marks on them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..aws_calls import by_meaning, client, now_in_ms, own_region
from ..errors import MissingError, PermanentError
from .marks import SLACK_IN_MS, Mark, epoch_of, key_for
from .records import Record, tag_text
from .settings import Settings

logger = logging.getLogger(__name__)

_PAGE = 20
# A group may hold any number of approved versions that SageMaker could not complete; a look stays short.
_MOST_PAGES = 5
_MOST_MARKS = 3


@dataclass(frozen=True, kw_only=True)
class Version:
    """An approved model package version, as it is listed.

    Args:
        arn: Its ARN.
        number: Its number in the group.
        created: When it was registered.
    """

    arn: str
    number: int
    created: datetime


@dataclass(frozen=True, kw_only=True)
class Package:
    """A model package version.

    Args:
        is_approved: Whether it may be deployed.
        approval: Its approval epoch, see :mod:`.marks`.
        metadata: Its ``CustomerMetadataProperties``.
        containers: Its inference containers.
    """

    is_approved: bool
    approval: str
    metadata: Mapping[str, str]
    containers: tuple[Mapping[str, Any], ...]


class Registry:
    """The model package group of one deployment.

    Args:
        settings: The deployment's.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        group = settings.model_package_group
        own = own_region()
        self.region = group.split(":")[3] if group.startswith("arn:") else own
        self.is_elsewhere = self.region != own
        self._region = self.region if self.is_elsewhere else None

    def approved(self) -> Iterator[Version]:
        """Yields the approved versions, highest first; none if there is no such group.

        Versions are numbered in the order of their creation, so no page has a higher one than those before.
        """
        token: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            try:
                with by_meaning():
                    page = client("sagemaker", region=self._region).list_model_packages(
                        ModelPackageGroupName=self._settings.model_package_group,
                        ModelApprovalStatus="Approved",
                        SortBy="CreationTime",
                        SortOrder="Descending",
                        MaxResults=_PAGE,
                        **token,
                    )
            except MissingError:
                return
            # A package may be approved from birth while SageMaker still validates it.
            usable = [
                Version(
                    arn=each["ModelPackageArn"],
                    number=int(each["ModelPackageArn"].rpartition("/")[2]),
                    created=each["CreationTime"],
                )
                for each in page["ModelPackageSummaryList"]
                if each["ModelPackageStatus"] == "Completed"
            ]
            yield from sorted(usable, key=lambda version: version.number, reverse=True)
            if "NextToken" not in page:
                return
            token = {"NextToken": page["NextToken"]}

    def package(self, arn: str) -> Package | None:
        """Returns a version, or ``None`` if it does not exist."""
        try:
            with by_meaning():
                found = client("sagemaker", region=self._region).describe_model_package(ModelPackageName=arn)
        except MissingError:
            return None
        modified = found.get("LastModifiedTime")
        metadata = found.get("CustomerMetadataProperties", {})
        return Package(
            is_approved=found.get("ModelApprovalStatus") == "Approved",
            approval=epoch_of(0 if modified is None else round(modified.timestamp() * 1000), metadata),
            metadata=metadata,
            containers=tuple(found.get("InferenceSpecification", {}).get("Containers", [])),
        )

    def mark(self, config_name: str, record: Record, *, words: str) -> bool:
        """Writes an outcome on the package.

        Args:
            config_name: Endpoint config that was rolled out.
            record: How that ended.
            words: The outcome in words.

        Returns:
            Whether it is written; where the package's owner does not allow it, the outcome is on the endpoint
            config only.

        Raises:
            RetryableError: It may be written in a while.
        """
        try:
            package = self.package(record.package_arn) if record.package_arn else None
            if package is None:
                return False
            for _ in range(_MOST_MARKS):
                mark = Mark(
                    rollout=record.rollout,
                    at=now_in_ms(),
                    config_name=config_name,
                    attempt=record.attempt,
                    approval=record.approval,
                    epoch=package.approval,
                )
                self._write(record.package_arn, mark, tag_text(words))
                # The time of a write that took long does not tell whose change the package's last one is.
                if now_in_ms() - mark.at < SLACK_IN_MS:
                    break
        except PermanentError as error:
            extra = {"model_package_arn": record.package_arn}
            logger.warning("the outcome could not be written on the package: %s", error, extra=extra)
            return False
        return True

    def _write(self, package_arn: str, mark: Mark, words: str) -> None:
        key = key_for(self._settings, own_region())
        # Each attempt has to say its own time, so the client must not repeat the call by itself.
        with by_meaning():
            client("sagemaker", region=self._region, attempts=1).update_model_package(
                ModelPackageArn=package_arn,
                CustomerMetadataProperties={key: mark.text, f"{key}/reason": words},
            )
