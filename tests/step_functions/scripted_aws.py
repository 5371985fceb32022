"""AWS as a script: it answers the tasks of workflows in the embedded Step Functions, or fails them.

The embedded Step Functions runs the definitions; what their tasks would call is answered here. Its
own mocks cannot fail a task first and let it pass when it is tried again.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from local.runtime.emulator import Emulator

_RESOURCE = re.compile(r"arn:aws:states:::(?:aws-sdk:)?(\w+):(\w+?)(?:\.sync)?$")
_NAMES = {"applicationautoscaling": "application-autoscaling", "sfn": "stepfunctions"}


@dataclass(frozen=True)
class Throw:
    """An answer that is an error."""

    error: str
    cause: str = "as the way has it"


Calls = list[tuple[str, dict[str, Any]]]
# State -> what its task gives; a function is told of the calls that were answered so far.
Answers = Mapping[str, Any | Callable[[Calls], Any]]


@dataclass
class Run:
    """One execution, as its history and its calls tell it."""

    status: str
    error: str
    cause: str
    states: list[str]  # in the order in which they were entered; those inside a Map are not there
    calls: Calls = field(default_factory=list)

    def called(self, state: str) -> int:
        """How often the task of a state was tried."""
        return sum(name == state for name, _ in self.calls)

    def after(self, state: str) -> str:
        """The state that was entered after the last time in `state`."""
        place = len(self.states) - 1 - self.states[::-1].index(state)
        return self.states[place + 1]


class ScriptedAws:
    """Runs executions, one at a time, against a script."""

    def __init__(self, emulator: Emulator) -> None:
        self._states = emulator.client("stepfunctions")
        self._lock = threading.Lock()
        self._answers: Answers = {}
        self._errors: dict[str, list[str]] = {}
        self._calls: Calls = []
        self._botocore = botocore.session.get_session()
        self.invalid: dict[str, str] = {}  # state -> why AWS would refuse what it asks
        self._answered: Calls = []
        script = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                answer = json.dumps(script.answer(json.loads(body))).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing of each request."""

        self._server = ThreadingHTTPServer(("127.0.0.1", emulator.tasks_port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, task: dict[str, Any]) -> dict[str, Any]:
        """What the emulator is told of one task."""
        state = task["state"]
        if report := self._report(task["resource"], task["arguments"]):
            self.invalid[state] = report
        with self._lock:
            self._calls.append((state, task["arguments"]))
            if self._errors.get(state):
                return {"error": self._errors[state].pop(0), "cause": "injected"}
            found = self._answers[state]
            self._answered.append((state, task["arguments"]))
            given = found(self._answered) if callable(found) else found
        if isinstance(given, Throw):
            return {"error": given.error, "cause": given.cause}
        return {"result": given, "events": []}

    def _report(self, resource: str, arguments: dict[str, Any]) -> str:
        """What AWS has against a request, by botocore's model of the service."""
        found = _RESOURCE.match(resource)
        assert found, resource
        service, api = _NAMES.get(found[1], found[1]), found[2][0].upper() + found[2][1:]
        shape = self._botocore.get_service_model(service).operation_model(api).input_shape
        if (
            service == "stepfunctions"
        ):  # whose API is spelt with small letters, and its tasks are not
            arguments = {name[0].lower() + name[1:]: given for name, given in arguments.items()}
        # Step Functions makes JSON of what goes into a body or a payload.
        made: dict[str, Any] = {name: b"" for name in ("Body", "Payload") if name in arguments}
        return str(
            ParamValidator().validate({**arguments, **made}, shape).generate_report()
            if shape is not None
            else ""
        )

    def run(
        self,
        machine_arn: str,
        given: dict[str, Any],
        answers: Answers,
        errors: dict[str, list[str]] | None = None,
    ) -> Run:
        """One execution; `errors` come first, and the answers after them."""
        with self._lock:
            self._answers, self._errors = answers, errors or {}
            self._calls, self._answered = [], []
        arn = self._states.start_execution(stateMachineArn=machine_arn, input=json.dumps(given))[
            "executionArn"
        ]
        deadline = time.monotonic() + 60
        while (told := self._states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            assert time.monotonic() < deadline, f"no end after {self._calls[-3:]}"
            time.sleep(0.01)
        events = self._states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        entered = [
            event["stateEnteredEventDetails"]["name"]
            for event in events
            if "stateEnteredEventDetails" in event
        ]
        return Run(
            told["status"], told.get("error", ""), told.get("cause", ""), entered, self._calls
        )
