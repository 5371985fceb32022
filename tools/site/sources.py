"""The source files that have an annotated page."""

import re
from functools import cache

from repository import ROOT
from tools.site import contradictions, coverage, leniencies
from tools.site.facts import PAGES

# What readers of the architectures read; rows of facts and pages may link to more.
_PATTERNS = (
    "app.py",
    "repository.py",
    "stacks/**/*.py",
    "stacks/**/*.toml",
    "stacks/**/*.guard",
    "stacks/**/*.sh",
    "lambdas/**/*.py",
    "step_functions/**/*.asl.json",
    "pipelines/**/*.py",
    "spark_jobs/**/*.py",
    "spark_jobs/**/*.dqdl",
    "models/**/*.py",
    "models/**/*.md",
    "schemas/*.json",
    "sql/**/*.sql",
    "tools/assembly/*.py",
    "tools/costs/**/*.py",
    "tools/costs/*.csv",
)
# A link of a hand-written page to an annotated source.
_CODE_LINK = re.compile(r"\]\((?:\.\./)*code/(.+?)\.md[#)]")


@cache
def sources() -> tuple[str, ...]:
    """Every source file that has an annotated page, in alphabetical order."""
    linked = {row.source for row in coverage.rows() if row.source}
    linked |= {row.where for row in contradictions.rows() if (ROOT / row.where).is_file()}
    for page in PAGES.rglob("*.md"):
        linked |= set(_CODE_LINK.findall(page.read_text()))
    linked |= leniencies.files()
    matched = {str(path.relative_to(ROOT)) for pattern in _PATTERNS for path in ROOT.glob(pattern)}
    return tuple(path for path in sorted(matched | linked) if (ROOT / path).read_text().strip())
