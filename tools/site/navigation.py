"""The navigation of the site: the architectures come from their manifests."""

from typing import Any

from stacks.catalogue import ARCHITECTURES
from tools.site.links import architecture_page, architecture_title


def tree() -> list[dict[str, Any]]:
    """The value of `nav` in the configuration of MkDocs."""
    architectures = [{architecture_title(name): architecture_page(name)} for name in ARCHITECTURES]
    return [
        {"Start": "index.md"},
        {"Architectures": architectures},
        {
            "The notes": [
                {"What the notes say": "coverage.md"},
                {"Errors in the notes": "contradictions.md"},
                {"Topics without code": "explained.md"},
                {"Retired and renamed services": "closed-services.md"},
                {"As strict as AWS": "as-strict-as-aws.md"},
            ]
        },
        {
            "Reference": [
                {"Settings": "settings.md"},
                {"Figures": "figures.md"},
                {"Every file, annotated": "code.md"},
                {"Add an architecture": "add-an-architecture.md"},
                {"Decisions": "decisions/index.md"},
            ]
        },
    ]
