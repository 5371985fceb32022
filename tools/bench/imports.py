"""How long a Lambda function's code takes to import, boto3 and its clients included."""

import os
import statistics
import subprocess
import sys
from collections.abc import Mapping

from repository import ROOT

_RUNS = 5


def import_ms(folder: str, variables: Mapping[str, str]) -> float:
    """The median import time of `lambdas/<folder>`'s handler in new processes, in milliseconds.

    Of the processor, not of the clock: what else this machine does is no time of Lambda's.

    `variables` are the function's environment variables.
    """
    parent, _, package = folder.rpartition("/")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "lambdas" / parent),
        "AWS_DEFAULT_REGION": "eu-central-1",
        **variables,
    }
    code = (
        f"import time; started = time.process_time(); import {package}.handler;"
        " print(time.process_time() - started)"
    )
    seconds = [
        float(subprocess.check_output([sys.executable, "-c", code], env=environment, text=True))
        for _ in range(_RUNS)
    ]
    return statistics.median(seconds) * 1000
