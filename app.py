"""The catalogue: every architecture of one environment, on one page.

cdk synth -c env=sandbox        (or: make synth ENV=sandbox)
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

# A deprecated API fails the synth; read by jsii as it starts, so before aws_cdk is imported.
os.environ.setdefault("JSII_DEPRECATED", "fail")
# The Node that `make` has fetched: the machine's own may be missing, or too old for jsii.
os.environ.setdefault("JSII_NODE", f"{sys.prefix}/bin/node")

from aws_cdk import App, CliCredentialsStackSynthesizer, Stack, Tags

from environments import Environment, SettingsError, environment_from
from stacks.language_chain.stack import LanguageChain
from stacks.ml_platform.endpoint_stack import MlEndpoint
from stacks.ml_platform.network_stack import MlNetwork
from stacks.ml_platform.notebook_stack import MlNotebook
from stacks.ml_platform.training_stack import MlTraining
from stacks.shared import gate
from stacks.streaming_lake.stack import StreamingLake

ROOT = Path(__file__).parent
ARCHITECTURES: dict[str, list[type[Stack]]] = {
    "streaming-lake": [StreamingLake],
    "ml-platform": [MlNetwork, MlTraining, MlEndpoint, MlNotebook],
    "language-chain": [LanguageChain],
}
_Stack = TypeVar("_Stack", bound=Stack)


def make_app(
    settings: Mapping[str, Any] | None = None, outdir: Path | None = None, *, gated: bool = True
) -> App:
    """Every architecture in the environment that `settings`, or the CLI's `-c`, ask for.

    Without the gate a synth takes a third of the time: for comparing settings, never for deploying.
    Raises SettingsError.
    """
    # `python app.py` and pytest do not read cdk.json, only the CLI does.
    defaults = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(
        context={**defaults, **(settings or {})},
        outdir=str(outdir) if outdir else None,
        # The gate runs the same engine natively: a third of a second instead of six.
        builtin_cloud_formation_validation=False,
    )
    typed = {
        key: value
        for key, value in app.node.get_all_context().items()
        if key not in defaults and not key.startswith(("aws:", "aws-cdk:", "@aws-cdk/"))
    }
    environment = environment_from(typed)
    if gated:
        gate.attach(app)
    make = _Maker(app, environment)
    lake = make(StreamingLake)
    ground = make(MlNetwork)
    training = make(MlTraining, ground=ground)
    if environment.ml_training.from_lake:
        training.add_stack_dependency(lake)
    make(MlEndpoint, ground=ground, training=training)
    make(MlNotebook, ground=ground, training=training)
    make(LanguageChain)
    return app


class _Maker:
    """Makes a stack: named, tagged, and in production safe from a careless deletion."""

    def __init__(self, app: App, environment: Environment) -> None:
        self._app, self._environment = app, environment

    def __call__(self, stack_class: Callable[..., _Stack], **others: Stack) -> _Stack:
        name, environment = stack_class.__name__, self._environment
        stack = stack_class(
            self._app,
            name,
            environment=environment,
            stack_name=f"{environment.name_prefix}{name}",
            termination_protection=environment.keep_data,
            synthesizer=_synthesizer(environment),
            **others,
        )
        (architecture,) = [each for each, made in ARCHITECTURES.items() if stack_class in made]
        Tags.of(stack).add("architecture", architecture)
        Tags.of(stack).add("environment", environment.name)
        return stack


def _synthesizer(environment: Environment) -> CliCredentialsStackSynthesizer | None:
    # The embedded AWS does not understand all the conditions of the bootstrap roles.
    return CliCredentialsStackSynthesizer() if environment.name == "local" else None


if __name__ == "__main__":
    # Here, because the cost model reads templates with a module that imports this one.
    from costs import budget

    try:
        assembly = gate.synthesise(make_app())
        for warning in budget.warnings(
            {each.stack_name: each.template for each in assembly.stacks}
        ):
            print(warning, file=sys.stderr)  # noqa: T201  # the CLI passes it on
    except (SettingsError, gate.GateError) as error:
        sys.exit(str(error))
