"""How a setting is written on the command line, and the kinds that several architectures have."""

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field

# A key that no setting has is an error, not a surprise.
STRICT = ConfigDict(extra="forbid")
# `-c key=none` is how a person switches an optional setting off on the command line.
Off = BeforeValidator(lambda value: None if value == "none" else value)
# `-c key=a,b` is how a person writes several, and `-c key=none` how none.
Listed = BeforeValidator(
    lambda value: (
        [part for part in value.replace("none", "").split(",") if part]
        if isinstance(value, str)
        else value
    )
)
Number = BeforeValidator(lambda value: int(value) if str(value).isdigit() else value)
# A month; the alarm comes at 80 % of it, and when AWS forecasts more.
BudgetUsd = Annotated[Annotated[int, Field(ge=1)] | None, Off]
