"""Names of the models and endpoint configs that a deployment makes.

A name says whose it is, for which version, and of what it was made::

    <name prefix>-<hash of the endpoint's name>-v<version>-<hash of package, role and hosting>

The same inputs give the same name, so that a repeated create finds what the first one made. The first two
parts belong to one endpoint of one deployment, so that everything it made is found again by listing, even
after a handler died half-way, and nothing of another deployment is.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime

from .settings import Settings


def stem(settings: Settings) -> str:
    """Returns the part that all names of this endpoint share."""
    return f"{settings.name_prefix}-{_hash(settings.endpoint_name, 6)}"


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
        "hosting": settings.hosting,
    }
    return f"{stem(settings)}-v{version}-{_hash(json.dumps(made_of, sort_keys=True), 10)}"


def is_own(settings: Settings, name: str) -> bool:
    """Tells whether ``name`` is one that this deployment gives for this endpoint."""
    return re.fullmatch(rf"{re.escape(stem(settings))}-v[0-9]+-[0-9a-f]{{10}}", name) is not None


def _hash(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
