"""`python -m tools.plan`: see `plan.cli`."""

from tools.plan.cli import app

app(prog_name="python -m tools.plan")
