"""Pipelines that users would write, by the SDK's documentation, over the code in this folder."""

from __future__ import annotations

import check_pipelines
import flow_pipelines
import function_pipelines
import model_pipelines
import processing_pipelines
import service_pipelines
import training_pipelines
from catalogue import CODE, PIPELINES, SHOWN, table

THEMES = (
    check_pipelines,
    flow_pipelines,
    function_pipelines,
    model_pipelines,
    processing_pipelines,
    service_pipelines,
    training_pipelines,
)

__all__ = ["CODE", "PIPELINES", "SHOWN", "THEMES", "table"]
