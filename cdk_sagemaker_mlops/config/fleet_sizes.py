"""The sizes that a fleet may have."""

from __future__ import annotations

from collections.abc import Sequence


def sizes_between(lowest: Sequence[object], highest: Sequence[object]) -> range | None:
    """Returns the sizes between the lowest and the highest, unless one of them is not known yet."""
    low = [each for each in lowest if isinstance(each, int)]
    high = [each for each in highest if isinstance(each, int)]
    if len(low) < len(lowest) or len(high) < len(highest) or min(low) > max(high):
        return None
    return range(min(low), max(high) + 1)
