"""How a setting is written on the command line, and types that several architectures use."""

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

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
Number = BeforeValidator(lambda value: int(value) if str(value).isdigit() else value)
BudgetUsd = Annotated[Annotated[int, Field(ge=1)] | None, Off]
