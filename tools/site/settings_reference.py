"""The page of the settings: every key that `-c` takes, from the dataclasses."""

from stacks.catalogue import ENVIRONMENTS, SETTINGS_GROUPS
from tools.markdown import code, table
from tools.settings import Group, Setting, groups

_HEADS = ("key", "what it does", "allowed", "default", *ENVIRONMENTS)


def page() -> str:
    """The page in Markdown, for the root of the site."""
    parts = [
        "# Settings",
        "Every key that `-c` takes besides `env` and `arch`. An unknown key or a value out of range"
        " fails the synthesis with a sentence that says what is allowed. An empty cell means the"
        " default. `make settings` prints the same in the terminal.",
    ]
    for group in groups(SETTINGS_GROUPS):
        parts += [f"## {group.name or 'All architectures'}", group.description, _table(group)]
    return "\n\n".join(parts) + "\n"


def _table(group: Group) -> str:
    return table(_HEADS, map(_row, group.settings))


def _row(setting: Setting) -> tuple[str, ...]:
    return (
        f'<a id="{setting.key}"></a>`{setting.key}`',
        setting.description,
        setting.allowed,
        "" if setting.default is None else code(setting.default),
        *(
            "" if value == setting.default else code(value)
            for value in (setting.values[environment] for environment in ENVIRONMENTS)
        ),
    )
