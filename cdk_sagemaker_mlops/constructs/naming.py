"""Physical names for resources that SageMaker addresses by name.

A generated name is lower case, because SageMaker lower-cases names inside ARNs and IAM compares ARNs by case;
it starts with the stack's name, so that the same app deployed twice under two stack names does not collide.
"""

from __future__ import annotations

import hashlib
import re

from aws_cdk import Stack, Token
from constructs import IConstruct

_HASH_LENGTH = 8


def resource_name(construct: IConstruct, *, max_length: int = 63) -> str:
    """Derives a valid, stable, unique SageMaker name from where ``construct`` stands in its app.

    Args:
        construct: The construct that the resource belongs to.
        max_length: Most characters the name may have, 16 to 256. Default: ``63``.

    Returns:
        A name that matches ``[a-z0-9](-*[a-z0-9])*``, ending in a hash of the stack's name and the path.
    """
    stack = Stack.of(construct)
    stack_name = stack.node.id if Token.is_unresolved(stack.stack_name) else stack.stack_name
    inside = construct.node.path.removeprefix(stack.node.path)
    digest = hashlib.sha256(f"{stack_name}{inside}".encode()).hexdigest()[:_HASH_LENGTH]
    readable = re.sub(r"[^a-z0-9]+", "-", f"{stack_name}{inside}".lower()).strip("-")
    kept = readable[: max_length - _HASH_LENGTH - 1].strip("-")
    return f"{kept}-{digest}" if kept else digest
