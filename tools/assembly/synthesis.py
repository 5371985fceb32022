"""Synthesises the app of this repository in this process."""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from stacks.catalogue import make_app
from stacks.shared import gate
from tools.assembly.assembly import Assembly


def synthesise(
    environment: str,
    settings: Mapping[str, str] | None = None,
    *,
    only: Iterable[str] = (),
    gated: bool = True,
) -> Assembly:
    """The assembly of the architectures `only`, or of all, and of those whose outputs they import.

    `settings` are those of `-c`, as typed there. Without the gate (`gated=False`) a synthesis takes
    a third of the time. Raises SettingsError, GateError.
    """
    context = {
        "env": environment,
        **(settings or {}),
        # `cdk synth` writes construct paths, too.
        "aws:cdk:enable-path-metadata": True,
        # Reading templates needs no copies of 200 MB of assets.
        "aws:cdk:disable-asset-staging": True,
    }
    with tempfile.TemporaryDirectory(prefix="cdk-") as folder:
        app = make_app(context, Path(folder), only=only, gated=gated)
        synthesised = gate.synthesise(app) if gated else app.synth()
        return Assembly({stack.stack_name: stack.template for stack in synthesised.stacks})
