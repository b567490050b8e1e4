"""Measures the share of missing values, and splits the complete rows into train and validation data."""

import argparse
import json
from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input-dir", type=Path, default="/opt/ml/processing/input/data")
    parser.add_argument("--output-dir", type=Path, default="/opt/ml/processing/output")
    options = parser.parse_args()

    rows = pd.concat([pd.read_csv(path) for path in sorted(options.input_dir.glob("*.csv"))])
    complete = rows.dropna()
    missing = {column: int(count) for column, count in rows.isna().sum().items() if count}
    report = {
        "rows": len(rows),
        "missing": {"share": 1 - len(complete) / len(rows), "by_column": missing},
    }
    train, validation = train_test_split(
        complete, test_size=0.25, random_state=0, stratify=complete["target"]
    )
    for name, frame in {"train": train, "validation": validation}.items():
        folder = options.output_dir / name
        folder.mkdir(parents=True, exist_ok=True)
        frame.to_csv(folder / "data.csv", index=False)
    folder = options.output_dir / "report"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report))


if __name__ == "__main__":
    main()
