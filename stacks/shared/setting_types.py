"""How a setting is written on the command line, and types that several architectures use."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

# A key that no setting has is an error, not a surprise. The docstring below a field is its
# description: `make settings`, the site and error messages show it.
STRICT = ConfigDict(extra="forbid", use_attribute_docstrings=True)
# `-c key=none` switches an optional setting off.
Off = BeforeValidator(lambda value: None if value == "none" else value)


def _split(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value == "none":
        return ()
    parts = value.split(",")
    if "" in parts:
        raise ValueError("a value between two commas is empty; write a,b,c, or none for no value")
    return parts


# `-c key=a,b` is a list, `-c key=none` an empty one.
Listed = BeforeValidator(_split)


@dataclass(frozen=True)
class Written:
    """Of a string: how it is written. Errors and pages show the words, and never the pattern."""

    pattern: str
    words: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "words": self.words}

    def _checked(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value):
            raise ValueError(f"write {self.words}")
        return value


Number = BeforeValidator(lambda value: int(value) if str(value).isdigit() else value)
BudgetUsd = Annotated[Annotated[int, Field(ge=1)] | None, Off]
AwsAccount = Annotated[str, Written(r"\d{12}", "the twelve digits of an AWS account")]
