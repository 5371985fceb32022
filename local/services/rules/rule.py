"""A rule that no model carries: what a service refuses, how, and where AWS says so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.services.task import Arguments

API_READ = "2026-11-28"
"""When the API references were read, in the wording that botocore 1.44.5 carries."""
State = Mapping[str, Any]
"""What exists already: kind -> name -> what it is, e.g. `endpoints`."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A condition under which a service refuses a request.

    `says` is what AWS documents, in this project's words. Examples are requests to the first of
    `operations`, in botocore's spelling.
    """

    id: str
    operations: tuple[str, ...]
    """`sagemaker:CreateTrainingJob`."""
    says: str
    breaks: Callable[[Arguments, State], bool]
    error: str
    """The code of the error as the service words it."""
    message: str
    source: str
    read: str = ""
    """When the source was held against this rule; empty: it is from knowledge, and unverified."""
    refused: Arguments
    accepted: Arguments
    state: State = field(default_factory=dict)
    """What exists in the examples."""


def api(service: str, path: str) -> str:
    """The address of a page of a service's API reference."""
    return f"https://docs.aws.amazon.com/{service}/{path}.html"
