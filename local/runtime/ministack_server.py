"""ministack with the gaps closed that the stacks meet; runs in `.venv-local`.

Each `local/services/<service>/ministack_gaps.py` changes ministack where it answers otherwise than
AWS does; `tests/local/runtime/test_emulator_gaps.py` shows each gap on an unchanged ministack.
"""

import importlib
import os
import sys
from pathlib import Path

from ministack import app

_ROOT = Path(__file__).resolve().parents[2]


def close_gaps() -> None:
    """Apply the changes of every service."""
    sys.path.insert(0, str(_ROOT))
    for path in sorted(_ROOT.glob("local/services/*/ministack_gaps.py")):
        importlib.import_module(f"local.services.{path.parent.name}.ministack_gaps").close()


if __name__ == "__main__":
    # Python puts this script's folder first, whose modules would hide others of their names.
    del sys.path[0]
    if os.environ.get("LOCAL_UNCHANGED") != "1":  # the tests of the gaps want it unchanged
        close_gaps()
    # Functions run in folders that go with the workspace: so does their bytecode.
    os.environ.pop("PYTHONPYCACHEPREFIX", None)
    # It would also listen at port 443 where it may.
    app._port_is_bindable = lambda *_: False
    app.main()
