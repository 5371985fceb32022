"""`make destroy`: takes stacks down with what workflows and services made beside them."""

from collections.abc import Callable, Iterator, Sequence

from tools.account import remains
from tools.account.findings import Clients
from tools.account.remains import Remain

Confirm = Callable[[list[Remain]], bool]


def destroy(
    clients: Clients,
    stack_names: Sequence[str],
    cdk_destroy: Callable[[], bool],
    *,
    keep_data: bool,
    confirm: Confirm,
) -> Iterator[str]:
    """Destroy the stacks; yields a line for each thing that was deleted or is left.

    `keep_data`: what workflows made, and log groups, are named and stay. `cdk_destroy` says
    whether it succeeded. Raises RuntimeError if not.
    """
    stacks = remains.footprint(clients, stack_names)
    workflow_remains = list(remains.made_by_workflows(clients, stacks))
    if workflow_remains and not keep_data:
        if not confirm(workflow_remains):
            yield "Nothing was changed."
            return
        for remain in workflow_remains:
            remains.delete(clients, remain)
            yield f"deleted: {remain.kind} {remain.name}"
    if not cdk_destroy():
        raise RuntimeError("cdk destroy failed: see above. Mend that, and run make destroy again.")
    left = list(remains.log_groups(clients, stacks))
    for remain in left if keep_data else []:
        yield f"left: {remain.kind} {remain.name}: {remain.command}"
    for remain in [] if keep_data else left:
        remains.delete(clients, remain)
        yield f"deleted: {remain.kind} {remain.name}"
    for line in remains.named_only(stacks):
        yield f"left: {line}"
