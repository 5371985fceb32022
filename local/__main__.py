"""`python -m local`: see `sandbox.cli`."""

from local.cli import app

app(prog_name="python -m local")
