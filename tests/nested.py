"""Looking into nested documents: templates, definitions, requests."""

from typing import Any


def values_of(part: Any, key: str) -> list[Any]:
    """Every value under a key, however deep it is."""
    if isinstance(part, list):
        return [value for item in part for value in values_of(item, key)]
    if not isinstance(part, dict):
        return []
    nested = [value for item in part.values() for value in values_of(item, key)]
    return [part[key], *nested] if key in part else nested
