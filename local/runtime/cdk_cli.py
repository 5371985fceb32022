"""The CDK CLI, pointed at an endpoint on this machine and never at an AWS account."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from local.runtime.workspace import LocalError, Workspace
from repository import ROOT

_CDK = ROOT / "node_modules" / ".bin" / "cdk"
_LOG_LINES = 25
# A line of `--progress events` begins with "MlEndpoint |  3/58 |".
_EVENT = re.compile(r"^(?P<stack>[\w-]+) \| +(?P<done>\d+)/(?P<total>\d+) \|")
# What the CLI adds to the message of an app that has refused its settings.
_APP_FAILED = re.compile(r"^.*: Subprocess exited with error \d+$")


class CdkCli:
    """The CDK CLI. Its output goes to `logs/cdk.log` of the workspace."""

    def __init__(self, workspace: Workspace, variables: Mapping[str, str] | None = None) -> None:
        """`variables` point it at an endpoint; a synth needs none."""
        workspace.logs.mkdir(parents=True, exist_ok=True)
        self._log = workspace.logs / "cdk.log"
        self._variables = variables or {}

    def run(self, *arguments: str, on_progress: Callable[[str], None] | None = None) -> None:
        """Run one command; `on_progress` gets each stack's count, e.g. "MlEndpoint 12/58".

        Raises LocalError: with the app's own message where the app refused, else with the end of
        the log.
        """
        command = [str(_CDK), *arguments]
        output: list[str] = []
        with (
            self._log.open("a") as log,
            subprocess.Popen(  # noqa: S603 -- our own command
                command,
                cwd=ROOT,
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            ) as process,
        ):
            print(f"\n$ cdk {' '.join(arguments)}", file=log, flush=True)
            for line in process.stdout or ():
                log.write(line)
                log.flush()
                output.append(line.rstrip("\n"))
                if on_progress and (event := _EVENT.match(line)):
                    on_progress(f"{event['stack']} {event['done']}/{event['total']}")
        if process.returncode:
            raise LocalError(self._explanation(arguments[0], output))

    def _explanation(self, command: str, output: list[str]) -> str:
        refused = output and _APP_FAILED.match(output[-1])
        if refused and not any(line.startswith("Traceback") for line in output):
            return "\n".join(output[:-1]).strip()
        end = "\n".join(output[-_LOG_LINES:])
        return f"cdk {command} failed. The end of {self._log}:\n{end}"

    def _environment(self) -> dict[str, str]:
        # No profile, key or credentials file of the user's own account.
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("AWS_")
        }
        return {
            **inherited,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            **self._variables,
            # `python3 app.py` of cdk.json, and a Node that jsii supports.
            "PATH": os.pathsep.join([str(Path(sys.prefix, "bin")), os.environ["PATH"]]),
            "JSII_NODE": str(Path(sys.prefix, "bin", "node")),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "1",
            "CI": "true",  # log to standard output, without colours and questions
        }
