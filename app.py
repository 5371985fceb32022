"""The CDK app. `cdk synth -c env=sandbox -c arch=streaming-lake`, or `make synth`."""

import sys

from stacks import catalogue
from stacks.environments import SettingsError, unread_alarms
from stacks.shared import gate
from tools.costs import budget

try:
    app = catalogue.make_app()
    unread = list(unread_alarms(catalogue.environment_of(app)))
    assembly = gate.synthesise(app)
    templates = {stack.stack_name: stack.template for stack in assembly.stacks}
    for warning in (*unread, *budget.warnings(templates)):
        print(warning, file=sys.stderr)  # noqa: T201  # the CLI passes it on
except (SettingsError, gate.GateError) as error:
    sys.exit(str(error))
