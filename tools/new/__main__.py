"""`python -m tools.new my-architecture`."""

import sys

from tools.new.scaffold import ScaffoldError, create

if __name__ == "__main__":
    try:
        print(create(sys.argv[1] if len(sys.argv) > 1 else ""))  # noqa: T201
    except ScaffoldError as error:
        sys.exit(str(error))
