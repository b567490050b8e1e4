"""``python -m cdk_sagemaker_mlops.local.engine``: runs the engine in the foreground."""

from __future__ import annotations

import sys

from cdk_sagemaker_mlops.errors import LocalRunError
from cdk_sagemaker_mlops.local.engine.options import parse_options
from cdk_sagemaker_mlops.local.engine.server import serve


def main() -> None:
    """Runs the engine until it is told to stop."""
    try:
        serve(parse_options(sys.argv[1:]))
    except LocalRunError as error:
        print(error, file=sys.stderr)  # noqa: T201 - what whoever started this process shows
        sys.exit(2)


if __name__ == "__main__":
    main()
