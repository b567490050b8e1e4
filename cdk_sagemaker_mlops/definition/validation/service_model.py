"""The shapes of AWS's APIs, from the service models that botocore carries."""

from __future__ import annotations

import functools
import gzip
import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Shape = Mapping[str, Any]
Shapes = Mapping[str, Shape]


@functools.cache
def shapes(service: str) -> Shapes:
    """Returns the shapes of a service by name; the model is read once a process.

    The file is read as it lies in the installed package. botocore's own loader takes four times as long,
    looks for models in the user's home too, and its import brings an HTTP client along.
    """
    path = _model_file(service)
    content = path.read_bytes()
    found: Shapes = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)["shapes"]
    return found


def _model_file(service: str) -> Path:
    package = importlib.util.find_spec("botocore")
    folders = () if package is None else package.submodule_search_locations or ()
    files = [file for folder in folders for file in Path(folder, "data", service).glob("*/service-2.json*")]
    if not files:
        raise FileNotFoundError(f"the installed botocore has no model of {service}")
    return max(files, key=lambda file: file.parent.name)  # folders are named by the API's date
