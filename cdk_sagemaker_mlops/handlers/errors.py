"""What can go wrong in a handler, by what to do about it.

::

    RetryableError          the same call may work in a while
    └── BusyError           the resource is in the middle of something, or is still in use
    PermanentError          the same call fails until someone changes something
    ├── MissingError        the resource does not exist
    ├── AlreadyExistsError  a resource of that name exists
    └── NotReadyError       permission is missing; right after a deployment IAM may not have it everywhere yet
"""

from __future__ import annotations


class RetryableError(Exception):
    """The same call may work in a while."""


class BusyError(RetryableError):
    """The resource is in the middle of something, or is still in use."""


class PermanentError(Exception):
    """The same call fails until someone changes something."""


class MissingError(PermanentError):
    """The resource does not exist."""


class AlreadyExistsError(PermanentError):
    """A resource of that name exists."""


class NotReadyError(PermanentError):
    """Permission is missing; for some seconds after a deployment that may only be IAM catching up."""
