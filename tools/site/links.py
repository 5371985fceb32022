"""Addresses and titles of pages, as pages at the root of the site link to them."""

_ACRONYMS = {"api": "API", "aws": "AWS", "ai": "AI", "ml": "ML", "sql": "SQL"}


def code_page(path: str, line: int | None = None) -> str:
    """The annotated page of a source file, at a line of it."""
    return f"code/{path}.md" + (f"#L{line}" if line else "")


def architecture_page(architecture: str) -> str:
    """The page of an architecture."""
    return f"architectures/{architecture}.md"


def workflow_page(path: str, architecture: str) -> str:
    """The page of a workflow, of its ASL file."""
    name = path.rpartition("/")[2].removesuffix(".asl.json")
    return f"workflows/{architecture}/{name}.md"


def architecture_title(architecture: str) -> str:
    """The name of an architecture as a title: `ML platform` of `ml-platform`."""
    title = " ".join(_ACRONYMS.get(word, word) for word in architecture.split("-"))
    return title[:1].upper() + title[1:]
