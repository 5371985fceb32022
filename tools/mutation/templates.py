"""`python -m tools.mutation.templates`: a digest of each template, in every environment.

A mutant that leaves all of them as they are has changed a check, a message, or what only other
settings use.
"""

import hashlib
import json

from stacks.catalogue import ENVIRONMENTS
from tools.assembly import synthesise

_MAIL = {"alarm_email": "on-call@example.com"}
"""Production does not synthesise without a reader of its alarms."""


def main() -> None:
    """Print a line for each template."""
    for environment in ENVIRONMENTS:
        settings = _MAIL if environment == "production" else {}
        for stack, template in synthesise(environment, settings, gated=False).templates.items():
            text = json.dumps(template, sort_keys=True)
            print(environment, stack, hashlib.sha256(text.encode()).hexdigest())  # noqa: T201


if __name__ == "__main__":
    main()
