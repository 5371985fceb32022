"""Puts a change for a reader: construct paths for logical ids, single values for documents."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tools.assembly import paths, readable

_HASH = re.compile(r"[0-9a-f]{64}")
_REFERENCE = re.compile(r"\$\{(\w+)((?:\.\w+)?)\}")
_MAXIMUM = 120


class Names:
    """The construct paths of one stack, before and after."""

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self._old, self._new = old, new
        self._paths = {**paths(old), **paths(new)}

    def path(self, logical_id: str) -> str:
        """The construct that a resource comes from."""
        return self._paths[logical_id]

    def with_paths(self, text: str) -> str:
        """A text of the library, with paths for the logical ids in its `${...}`."""
        return _REFERENCE.sub(
            lambda match: f"{{{self._paths.get(match[1], match[1])}{match[2]}}}", text
        )

    def service(self, properties: Mapping[str, Any]) -> str:
        """The service of a VPC endpoint; empty for anything else."""
        places = {place: text for place, _, text in self.leaves({}, properties)}
        return places.get("ServiceName", "")

    def leaves(self, old: Any, new: Any) -> list[tuple[str, str, str]]:
        """The places at which two values differ: where, before, after; `-` for nothing."""
        before = dict(_leaves(_parsed(readable(self._old, old))))
        after = dict(_leaves(_parsed(readable(self._new, new))))
        return [
            (place, _short(before.get(place)), _short(after.get(place)))
            for place in dict.fromkeys([*before, *after])
            if before.get(place) != after.get(place)
        ]


def is_code(old: Any, new: Any) -> bool:
    """Whether two values differ only in the hash of an asset."""
    return bool(old != new and _without_hashes(old) == _without_hashes(new))


def _without_hashes(value: Any) -> str:
    return _HASH.sub("<hash>", json.dumps(value, sort_keys=True))


def _parsed(value: Any) -> Any:
    """A JSON document in a string, like a workflow or a dashboard, parsed."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, list) and value and all(map(_is_tag, value)):
        value = {tag["Key"]: tag["Value"] for tag in value}
    if isinstance(value, dict) and (value or not place):
        for key, inner in value.items():
            yield from _leaves(inner, f"{place}.{key}" if place else key)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{place}[{index}]")
    elif value is not None:
        yield place, value


def _is_tag(value: Any) -> bool:
    # By position, a new tag would change all tags after it.
    return isinstance(value, dict) and set(value) == {"Key", "Value"}


def _short(value: Any) -> str:
    if value is None:
        return "-"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = " ".join(text.split()) or '""'
    return text if len(text) <= _MAXIMUM else f"{text[:_MAXIMUM]}..."
