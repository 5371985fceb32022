"""`python -m plan`: see `plan.cli`."""

from plan.cli import app

app(prog_name="python -m plan")
