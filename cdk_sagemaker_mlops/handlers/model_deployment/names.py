"""Names of what a deployment makes.

A model's and endpoint config's name says whose it is, for which version, and of what it was made::

    <name prefix>-<hash of the endpoint's name>-v<version>-<hash of package, role and hosting>

The same inputs give the same name, so that a repeated create finds what the first one made. The first two
parts belong to one endpoint of one deployment, so that everything it made is found again by listing, even
after a handler died half-way, and nothing of another deployment is.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from .. import contract
from .settings import Settings, fingerprint

# What models and endpoint configs are made of; the rest of the hosting config changes neither.
_MADE_OF = (
    contract.KIND,
    contract.PRODUCTION_VARIANT,
    contract.ENDPOINT_CONFIG,
    contract.MODEL,
    contract.IMAGE_REGISTRIES,
    contract.ARTIFACT_BUCKET,
)


def stem(settings: Settings) -> str:
    """Returns the part that all names of this endpoint share."""
    return f"{settings.name_prefix}-{hashlib.sha256(settings.endpoint_name.encode()).hexdigest()[:6]}"


def name_for(settings: Settings, *, package_arn: str, version: int, created: datetime) -> str:
    """Returns the name of the model, and of the endpoint config, that serve a package.

    Args:
        settings: The deployment's.
        package_arn: ARN of the model package version.
        version: Its version number.
        created: When it was registered. A group that is deleted and created again starts over at version 1.

    Returns:
        A name of at most 63 characters, for versions of up to 7 digits.
    """
    made_of = {
        "package": package_arn,
        "created": int(created.timestamp()),
        "role": settings.execution_role_arn,
        "hosting": {key: settings.hosting[key] for key in _MADE_OF if key in settings.hosting},
    }
    return f"{stem(settings)}-v{version}-{fingerprint(made_of, 10)}"


def is_own(settings: Settings, name: str) -> bool:
    """Tells whether ``name`` is one that this deployment gives for this endpoint."""
    return version_of(settings, name) is not None


def version_of(settings: Settings, name: str) -> int | None:
    """Returns the package version that a model's or endpoint config's name tells, if it is one of ours."""
    found = re.fullmatch(rf"{re.escape(stem(settings))}-v([0-9]+)-[0-9a-f]{{10}}", name)
    return None if found is None else int(found[1])
