"""A rule that no model carries: what a service refuses, how, and where AWS says so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.services.task import Arguments

API_READ = "2026-11-28"
"""When the API references were read, in the wording that botocore 1.44.5 carries."""
READ = "2026-11-29"
"""When guides, recordings of AWS's answers and containers' sources were read."""
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
    message: str | Callable[[Arguments, State], str]
    """A function, if it tells what the request asked for."""
    source: str
    read: str
    """When the source was held against this rule."""
    refused: Arguments
    accepted: Arguments
    state: State = field(default_factory=dict)
    """What exists in the examples."""

    def message_for(self, request: Arguments, state: State) -> str:
        """The message with which a request is refused."""
        return self.message if isinstance(self.message, str) else self.message(request, state)


# Rules that its authors saw AWS's own deployments break, with AWS's messages.
PREFLIGHT = "https://github.com/badmintoncryer/cdk-preflight/blob/main/docs/rules.md"
# Its tests hold recordings of what AWS answered.
LOCALSTACK = "https://github.com/localstack/localstack/blob/main/tests/aws/services/"


def api(service: str, path: str) -> str:
    """The address of a page of a service's API reference."""
    return f"https://docs.aws.amazon.com/{service}/{path}.html"
