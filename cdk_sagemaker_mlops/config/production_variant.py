"""The one production variant that every endpoint of this library has."""

from __future__ import annotations

VARIANT_NAME = "AllTraffic"
"""Its name; guardrails and autoscaling need it to stay the same from one endpoint config to the next."""
