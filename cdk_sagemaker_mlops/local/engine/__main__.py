"""``python -m cdk_sagemaker_mlops.local.engine``: runs the engine in the foreground.

A refusal to start is told twice: in words on standard error, and as ``{"problems": [...]}`` on standard
output, for whoever started this process and waits there for the line that says the engine is ready.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

from cdk_sagemaker_mlops.errors import LocalRunError
from cdk_sagemaker_mlops.local.disk_full import disk_full, is_disk_full
from cdk_sagemaker_mlops.local.engine.credentials import refuse_credentials
from cdk_sagemaker_mlops.local.engine.options import parse_options
from cdk_sagemaker_mlops.local.engine.server import serve


def main() -> None:
    """Runs the engine until it is told to stop."""
    try:
        refuse_credentials(os.environ)
        serve(parse_options(sys.argv[1:]))
    except OSError as error:
        if not is_disk_full(error):
            raise
        _refuse(LocalRunError(disk_full(error.filename)))
    except LocalRunError as error:
        _refuse(error)


def _refuse(error: LocalRunError) -> None:
    print(error, file=sys.stderr)  # noqa: T201 - what a person who started this process reads
    told = {"problems": [asdict(problem) for problem in error.problems]}
    print(json.dumps(told, default=str), flush=True)  # noqa: T201 - what a program reads
    sys.exit(2)


if __name__ == "__main__":
    main()
