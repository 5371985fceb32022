"""A JSON Schema of the project as Glue's registry and a streaming table take it: Draft 7."""

import json
from typing import Any

import schemas

# Keywords of Draft 7; `formatMinimum` and its like are no keywords of any draft.
_KEYWORDS = {
    "description", "enum", "format", "maxLength", "maximum", "minLength", "minimum", "pattern",
}  # fmt: skip


def registered_schema(name: str) -> str:
    """`schemas/<name>.schema.json` as text of Draft 7, each property of one type.

    A nullable property becomes an optional one: a streaming table writes null for a property that
    is absent, and its documented types know no list of types (docs.aws.amazon.com/streams/latest/
    dev/data-delivery-st-iceberg.html, read 2026-11-29). So a producer leaves out what is null.
    """
    schema = schemas.load(name)
    nullable = {column.name for column in schemas.columns(name) if column.nullable}
    return json.dumps(
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": schema["title"],
            "type": "object",
            "properties": {
                field: _property(definition) for field, definition in schema["properties"].items()
            },
            "required": [field for field in schema["required"] if field not in nullable],
        }
    )


def _property(definition: dict[str, Any]) -> dict[str, Any]:
    types = definition["type"] if isinstance(definition["type"], list) else [definition["type"]]
    (one_type,) = (kind for kind in types if kind != "null")
    return {
        "type": one_type,
        **{keyword: value for keyword, value in definition.items() if keyword in _KEYWORDS},
    }
