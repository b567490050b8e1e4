"""Image URIs that hold in any region, from the SDK's own table of registry accounts.

AWS keeps each image in an account of its own per region. For a stack whose region is known only at deployment
the SDK is given a placeholder region; where it would look the account up, it gets a placeholder account, and
the table it came from is kept for CloudFormation to look the account up in.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cdk_sagemaker_mlops.definition import placeholders


@dataclass
class ImageRegistries:
    """The registry tables that one definition needs: account placeholder to (region to account)."""

    tables: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def account_for(self, table: Mapping[str, str]) -> str:
        """Returns the account placeholder that stands for ``table``."""
        for account, known in self.tables.items():
            if known == table:
                return account
        account = placeholders.registry_account(len(self.tables))
        self.tables[account] = dict(table)
        return account

    @contextlib.contextmanager
    def answering_the_sdk(self) -> Iterator[None]:
        """Lets the SDK look accounts up for the placeholder region."""
        from sagemaker.core import image_uris  # noqa: PLC0415 - the SDK is imported only while building

        look_up = image_uris._registry_from_region

        def answer(region: str, registry_dict: Mapping[str, str]) -> str:
            if region == placeholders.REGION:
                return self.account_for(registry_dict)
            found: str = look_up(region, registry_dict)
            return found

        image_uris._registry_from_region = answer
        try:
            yield
        finally:
            image_uris._registry_from_region = look_up


def image_hosts(account: str) -> re.Pattern[str]:
    """Matches the host part of an image URI in the registry of ``account``, in the placeholder region."""
    return re.compile(rf"{account}\.dkr\.ecr\.{re.escape(placeholders.REGION)}\.amazonaws\.com")


def registries_between(source: str, target: str) -> dict[str, str]:
    """Returns which account of AWS's holds in one region what another account holds in another region.

    The SDK's table is read from its files: importing the SDK takes seconds. An account that would be more
    than one in the other region is left out.

    Args:
        source: Region of the images there are.
        target: Region of the images wanted.

    Returns:
        Registry account in ``source`` to registry account in ``target``.
    """
    found: dict[str, set[str]] = {}
    for table in _registry_tables():
        if source in table and target in table:
            found.setdefault(table[source], set()).add(table[target])
    return {account: only for account, others in sorted(found.items()) for only in others if len(others) == 1}


@cache
def _registry_tables() -> tuple[Mapping[str, str], ...]:
    root = importlib.util.find_spec("sagemaker")
    folders = [] if root is None else list(root.submodule_search_locations or [])
    files = (file for folder in folders for file in Path(folder).glob("core/image_uri_config/*.json"))
    return tuple(table for file in sorted(files) for table in _tables_in(json.loads(file.read_text())))


def _tables_in(value: object) -> Iterator[Mapping[str, str]]:
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key == "registries" and isinstance(inner, dict):
            yield inner
        else:
            yield from _tables_in(inner)
