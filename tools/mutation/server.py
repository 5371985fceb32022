"""Runs pytest in forks of a process that has imported what no mutant changes.

    python -m tools.mutation.server MODULES_FILE

Starting Python, pytest and the CDK's JavaScript takes five seconds of a processor, as much as most
mutants take to be noticed. Each line of the input is a run, `{"arguments", "variables", "output"}`;
each line of the output is its exit code. All forks talk to one JavaScript process, one after the
other, and it keeps what they made: start another server now and then.
"""

import importlib
import json
import os
import sys
import sysconfig
from pathlib import Path
from typing import Any

# What most tests import between them.
_SCOUTED = ("tests/step_functions", "tests/iam", "tests/stacks")


def main(modules_file: Path) -> None:
    """Answer until the input ends. `modules_file` keeps the modules' names for the next server."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    if not modules_file.exists():
        _wait(_fork(lambda: _scout(modules_file)))
    for name in modules_file.read_text().split():
        importlib.import_module(name)
    for line in sys.stdin:
        request = json.loads(line)
        child = _fork(lambda request=request: _run(request))
        answers.write(f"{_wait(child)}\n")
        answers.flush()


def _fork(work: Any) -> int:
    """The id of a child that does `work` and exits with its result."""
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        code = work()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Without the handlers of the parent, one of which stops its JavaScript.
        os._exit(code)


def _wait(child: int) -> int:
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _run(request: dict[str, Any]) -> int:
    import pytest  # noqa: PLC0415 -- after the imports of the parent

    os.environ.update(request["variables"])
    with Path(request["output"]).open("w") as output, Path(os.devnull).open() as nothing:
        for source, target in ((nothing, 0), (output, 1), (output, 2)):
            os.dup2(source.fileno(), target)
    return int(pytest.main(request["arguments"]))


def _scout(modules_file: Path) -> int:
    """Write which installed modules the tests import."""
    import pytest  # noqa: PLC0415 -- in the child only

    code = int(pytest.main(["--collect-only", "-qqq", "-p", "no:cacheprovider", *_SCOUTED]))
    installed = sysconfig.get_paths()["purelib"]
    names = [
        name
        for name, module in sys.modules.items()
        if str(getattr(module, "__file__", None) or "").startswith(installed)
        # What is imported by itself: no alias, no module of a test's making.
        and getattr(getattr(module, "__spec__", None), "name", "") == name
    ]
    modules_file.write_text("\n".join(sorted(names)))
    return code


if __name__ == "__main__":
    main(Path(sys.argv[1]))
