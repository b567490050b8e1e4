"""Reads the data of a job: a folder of CSV files, each with a header, as one table of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from model_utils import InputError, decode_csv, decode_text, split_cells, unix_lines


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of training or test data: the features' values and the target's."""

    feature_names: tuple[str, ...]
    features: np.ndarray
    target: np.ndarray


def read_table(folder: Path, target: str) -> Table:
    """Reads every CSV file of a folder, in the order of their names, as one table.

    Raises:
        InputError: No file, different headers, no ``target`` column, a duplicate or unnamed column, no rows,
            or a cell that is no finite number.
    """
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        raise InputError("NoData", str(folder), "hold at least one *.csv file", found, "put the data there")
    headers, parts = [], []
    for path in paths:
        text = decode_text(path.read_bytes(), parameter=path.name)
        header_line, _, rows = unix_lines(text).partition("\n")
        headers.append(_checked_header(header_line, target, path.name))
        if headers[-1] != headers[0]:
            raise InputError(
                "DifferentHeader",
                f"{path.name} header",
                f"equal that of {paths[0].name}",
                ",".join(headers[-1]),
                "give all files the same columns in the same order",
            )
        parts.append(decode_csv(rows, headers[0], parameter=path.name))
    values, place = np.concatenate(parts), headers[0].index(target)
    return Table(
        feature_names=tuple(name for name in headers[0] if name != target),
        features=np.delete(values, place, axis=1),
        target=values[:, place],
    )


def _checked_header(line: str, target: str, parameter: str) -> list[str]:
    header = split_cells([line], f"{parameter} header")[0] if line else []
    if not line.strip():
        raise InputError("EmptyFile", parameter, "start with a header", line, "name the columns in line 1")
    if "" in header:
        raise InputError("UnnamedColumn", f"{parameter} header", "name every column", line, "name it")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InputError(
            "DuplicateColumn", f"{parameter} header", "name each column once", twice, "rename or drop one"
        )
    if target not in header:
        fix = f"name the column to predict with --target; {parameter} has {', '.join(header[:10])}"
        raise InputError("MissingTarget", "target", f"be a column of {parameter}", target, fix)
    if len(header) == 1:
        raise InputError(
            "NoFeatures", f"{parameter} header", "name at least one feature", header, "add columns"
        )
    return header
