"""Trains one tree of the search, and prints the accuracy that the search compares."""

import argparse
import os
import shutil
from pathlib import Path

import joblib
import pandas as pd
from sklearn.tree import DecisionTreeClassifier


def read(folder: Path) -> tuple[pd.DataFrame, pd.Series]:
    rows = pd.read_csv(folder / "data.csv")
    return rows.drop(columns="target"), rows["target"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train-dir", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation-dir", type=Path, default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model-dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--max_depth", type=int, default=4)
    parser.add_argument("--min_samples_leaf", type=int, default=1)
    options, _ = parser.parse_known_args()  # a search adds arguments of its own

    model = DecisionTreeClassifier(
        max_depth=options.max_depth, min_samples_leaf=options.min_samples_leaf, random_state=0
    )
    model.fit(*read(options.train_dir))
    print(f"validation_accuracy={model.score(*read(options.validation_dir)):.4f};")  # noqa: T201

    code = options.model_dir / "code"
    code.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, options.model_dir / "model.joblib")
    shutil.copy(Path(__file__).with_name("inference.py"), code)


if __name__ == "__main__":
    main()
