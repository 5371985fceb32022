"""Where a thing stands on the site, as pages at its root link to it."""


def code_page(path: str, line: int | None = None) -> str:
    """The annotated page of a source file, at a line of it."""
    return f"code/{path}.md" + (f"#L{line}" if line else "")


def architecture_page(architecture: str) -> str:
    """The page of an architecture."""
    return f"architectures/{architecture}.md"
