"""What a checker objects to in one template."""

from typing import NamedTuple


class Finding(NamedTuple):
    """A rule that a template breaks: where, and a sentence that says what is wrong and what to do.

    `logical_id` is the resource's; None if the finding concerns the template as a whole.
    """

    rule: str
    sentence: str
    logical_id: str | None = None
    place: str | None = None
    fix: str | None = None
