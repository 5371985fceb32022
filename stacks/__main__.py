"""Answers the Makefile: `python -m stacks stacks|folders [ARCH] [-c key=value ...]`.

`stacks` prints the stacks of ARCH as `cdk deploy` takes them, or `--all`. `folders` prints the
folder names of ARCH and of the architectures it needs.
"""

import argparse
import sys

from stacks.catalogue import ARCHITECTURES, chosen, environment_from, with_needs
from stacks.environments import SettingsError, typed_settings


def _main() -> str:
    parser = argparse.ArgumentParser(prog="python -m stacks")
    parser.add_argument("question", choices=["stacks", "folders"])
    parser.add_argument("architectures", nargs="*", metavar="ARCH")
    parser.add_argument("-c", "--context", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    environment = environment_from(typed_settings(arguments.context))
    architectures = chosen(arguments.architectures)
    if arguments.question == "folders":
        return " ".join(manifest.folder for manifest in with_needs(architectures, environment))
    if len(architectures) == len(ARCHITECTURES):
        return "--all"
    return " ".join(
        stack for manifest in architectures for stack in manifest.stack_names_in(environment)
    )


if __name__ == "__main__":
    try:
        print(_main())  # noqa: T201  # for make to read
    except SettingsError as error:
        sys.exit(str(error))
