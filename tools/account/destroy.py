"""`make destroy`: takes stacks down with what workflows and services made beside them."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from tools.account import remains
from tools.account.findings import Clients
from tools.account.remains import Remain

Confirm = Callable[[list[Remain]], bool]

_PROTECTED = """these stacks have termination protection; nothing was changed. To take it off:
{}
Buckets, keys and tables with data stay in the account after that, and cost what they hold."""


def destroy(
    clients: Clients,
    stack_names: Sequence[str],
    cdk_destroy: Callable[[], bool],
    *,
    keep_data: bool,
    confirm: Confirm,
) -> Iterator[str]:
    """Destroy the stacks; yields a line for each thing that was deleted or is left.

    `confirm` is asked once, with what is deleted beside the stacks, before anything changes.
    `keep_data`: what workflows and people made, and log groups, are named and stay. `cdk_destroy`
    says whether it succeeded. Raises RuntimeError if not, and for stacks with termination
    protection.
    """
    stacks = remains.footprint(clients, stack_names)
    if stacks.protected:
        raise RuntimeError(_PROTECTED.format("\n".join(map(_unprotect, stacks.protected))))
    blocking = [
        *remains.made_by_workflows(clients, stacks),
        *remains.made_in_studio(clients, stacks),
    ]
    if not confirm([] if keep_data else blocking):
        yield "Nothing was changed."
        return
    end = _named if keep_data else _deleted
    # Before the stacks: a group that holds model packages, or a domain with spaces, stops the
    # deletion of its stack.
    yield from end(clients, blocking)
    if not cdk_destroy():
        raise RuntimeError("cdk destroy failed: see above. Mend that, and run make destroy again.")
    # After them: a channel appends to its table until it goes with its stack.
    yield from end(clients, remains.table_buckets(clients, stacks))
    yield from end(clients, remains.log_groups(clients, stacks))
    for line in remains.named_only(stacks):
        yield f"left: {line}"


def _unprotect(stack_name: str) -> str:
    command = "aws cloudformation update-termination-protection --no-enable-termination-protection"
    return f"  {command} --stack-name {stack_name}"


def _named(_: Clients, remain_list: Iterable[Remain]) -> Iterator[str]:
    for remain in remain_list:
        yield f"left: {remain.kind} {remain.name}: {remain.command}"


def _deleted(clients: Clients, remain_list: Iterable[Remain]) -> Iterator[str]:
    for remain in remain_list:
        remains.delete(clients, remain)
        yield f"deleted: {remain.kind} {remain.name}"
