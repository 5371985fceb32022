"""Glue columns from a JSON Schema, so that tables cannot drift from the events."""

from aws_cdk import aws_glue as glue

import schemas

_TYPES: dict[schemas.Kind, glue.Type] = {
    "string": glue.Schema.STRING,
    "integer": glue.Schema.INTEGER,
    "number": glue.Schema.DOUBLE,
    "boolean": glue.Schema.BOOLEAN,
    "timestamp": glue.Schema.TIMESTAMP,
}


def glue_columns(schema: str) -> list[glue.Column]:
    """The columns of `schemas/<schema>.schema.json`, in its order."""
    return [
        glue.Column(name=column.name, type=_TYPES[column.kind], comment=column.description)
        for column in schemas.columns(schema)
    ]
