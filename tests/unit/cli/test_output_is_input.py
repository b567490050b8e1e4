"""Predictions are not written over what is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_sagemaker_mlops.cli.prediction_file import require_other_file
from cdk_sagemaker_mlops.errors import ValidationError


def test_an_output_that_is_the_input_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    rows, link = tmp_path / "rows.csv", tmp_path / "link.csv"
    rows.write_text("1,2")
    link.symlink_to(rows)
    for output in (rows, link, tmp_path / "." / "rows.csv"):
        with pytest.raises(ValidationError, match="OutputIsInput: --output must be another file"):
            require_other_file(str(rows), output)
    require_other_file(str(rows), tmp_path / "new.csv")
    require_other_file("-", rows)
    require_other_file(str(rows), None)
    assert rows.read_text() == "1,2"
