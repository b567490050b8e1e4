"""A clock for the SDK that shows the same times in every build.

The SDK makes names "unique" with the time of day. Some of them become keys of uploads, which are renamed by
their content, others stay in the definition: they must not change from one build to the next, and two of one
build must still differ. So each look at this clock is a minute later than the one before, the coarsest step
that the SDK's formats show. Only the SDK's modules see it: your own function has the real time.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import time
from collections.abc import Iterator
from typing import Any

from cdk_sagemaker_mlops.definition.replaced import replaced

Moment = time.struct_time

_MIDNIGHT_2000 = 946_684_800
_MINUTE = 60


class _Clock:
    """Stands for the module ``time``."""

    def __init__(self) -> None:
        self._looks = itertools.count()

    def time(self) -> float:
        return float(_MIDNIGHT_2000 + _MINUTE * next(self._looks))

    def strftime(self, text: str, moment: Moment | None = None) -> str:
        return time.strftime(text, time.gmtime(self.time()) if moment is None else moment)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


class _Dates:
    """Stands for the class ``datetime.datetime``."""

    def __init__(self, clock: _Clock) -> None:
        self._clock = clock

    def now(self, tz: datetime.tzinfo | None = None) -> datetime.datetime:
        utc = datetime.datetime.fromtimestamp(self._clock.time(), datetime.UTC)
        return utc.replace(tzinfo=None) if tz is None else utc.astimezone(tz)

    def __getattr__(self, name: str) -> Any:
        return getattr(datetime.datetime, name)


@contextlib.contextmanager
def sdk_clock() -> Iterator[None]:
    """Lets the modules of the SDK that form names see the clock of this module."""
    from sagemaker.core import common_utils, fw_utils  # noqa: PLC0415 - slow
    from sagemaker.train import utils as train_utils  # noqa: PLC0415 - slow

    clock = _Clock()
    with (
        replaced(common_utils, time=clock),
        replaced(fw_utils, time=clock),
        replaced(train_utils, datetime=_Dates(clock)),
    ):
        yield
