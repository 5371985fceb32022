"""The local AWS with architectures deployed into it: the one way that all who need it start it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.console import Console

from local.runtime import deployment, emulator
from local.runtime.assembly import Assembly
from local.runtime.deployment import Outputs, Synthesised
from local.runtime.emulator import Emulator
from local.runtime.kept import Kept
from local.runtime.progress import Steps
from local.runtime.workspace import Workspace
from local.services import servers
from local.services.sagemaker.instance_needs import instance_needs
from local.services.service_quotas.increases import ask_for


@dataclass(frozen=True)
class LocalAws:
    """A running local AWS, and what is deployed in it."""

    emulator: Emulator
    workspace: Workspace
    assembly: Assembly
    outputs: Outputs
    kept: list[Kept]
    """Resources that are in their stacks, and that nothing runs."""

    def outputs_of(self, architecture: str) -> Outputs:
        """The outputs of one architecture's stacks."""
        names = [stack.name for stack in self.assembly.stacks if stack.architecture == architecture]
        return {name: self.outputs[name] for name in names if name in self.outputs}

    def kept_of(self, architecture: str) -> list[Kept]:
        """The resources of one architecture's stacks that nothing runs."""
        ids = {stack.id for stack in self.assembly.stacks if stack.architecture == architecture}
        return [resource for resource in self.kept if resource.stack in ids]


def start(
    workspace: Workspace,
    architectures: Iterable[str] = (),
    settings: Mapping[str, str] | None = None,
    *,
    variables: Mapping[str, str] | None = None,
    serve: bool = True,
    raise_quotas: bool = True,
) -> LocalAws:
    """Deploy `architectures`, or all, and what they need, into a new local AWS; prints nothing.

    For tests, `variables` override the emulator's environment, `serve=False` starts no process
    beside the emulator, and without `raise_quotas` the account keeps those of a new one. Raises
    LocalError.
    """
    steps = Steps(Console(quiet=True))
    synthesised = synthesise(workspace, architectures, settings, steps)
    running = deploy(workspace, synthesised, steps, variables=variables, serve=serve)
    if raise_quotas:
        ask_for_quotas(running, steps)
    return running


def synthesise(
    workspace: Workspace,
    architectures: Iterable[str],
    settings: Mapping[str, str] | None,
    steps: Steps,
) -> Synthesised:
    """Synthesise `architectures`, or all, and what they need.

    Raises LocalError with the app's own message for an unknown architecture or setting.
    """
    with steps.step("Synthesise with the CDK CLI"):
        synthesised = deployment.synthesise(workspace, architectures, settings)
    if synthesised.kept:
        types = sorted({resource.resource_type for resource in synthesised.kept})
        count = f"{len(synthesised.kept)} resources of {len(types)} types"
        steps.say(f"kept, run by nobody: {count}, listed in the report")
    return synthesised


def deploy(
    workspace: Workspace,
    synthesised: Synthesised,
    steps: Steps,
    *,
    variables: Mapping[str, str] | None = None,
    serve: bool = True,
) -> LocalAws:
    """Start a local AWS and deploy into it; for `variables` and `serve` see `start`."""
    with steps.step("Start the local AWS, IAM enforced"):
        running = emulator.start(workspace, variables)
    with steps.step("Bootstrap its account"):
        deployment.bootstrap(workspace, running)
    assembly = synthesised.assembly
    with steps.step(f"Deploy {', '.join(stack.name for stack in assembly.stacks)}") as step:

        def show(progress: str) -> None:
            step.detail = progress

        outputs = deployment.deploy(workspace, running, assembly, show)
        if serve:
            servers.serve(workspace, running, assembly.resource_types)
    return LocalAws(running, workspace, assembly, outputs, synthesised.kept)


def ask_for_quotas(running: LocalAws, steps: Steps) -> None:
    """Ask for the instances that what is deployed uses: a new account has none of most types."""
    needs = instance_needs(running.assembly.resources())
    if not needs:
        return
    with steps.step("Ask for the instance quotas that the workflows need"):
        asked_for = ask_for(running.emulator.client("service-quotas"), needs)
    for quota in asked_for:
        steps.say(quota)
