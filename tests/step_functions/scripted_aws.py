"""AWS as a script: answers the tasks of workflows in the embedded Step Functions, or fails them.

The embedded Step Functions runs the definitions; this module answers what their tasks call. Its
own mocks cannot fail a task first and let it pass on a retry.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.runtime.emulator import Emulator
from local.services.contract import door
from local.services.contract.operations import operation_of
from local.services.task import TaskError

_POLL_SECONDS, _DEADLINE_SECONDS = 0.05, 120


@dataclass(frozen=True)
class Throw:
    """An answer that is an error."""

    error: str
    cause: str = "as the scenario has it"


Calls = list[tuple[str, dict[str, Any]]]
# State -> what its task returns; a function gets the calls that were answered so far.
Answers = Mapping[str, Any | Callable[[Calls], Any]]


@dataclass
class Run:
    """One execution, from its history and its calls."""

    status: str
    error: str
    cause: str
    output: Any
    states: list[str]
    """In the order in which they were entered; states inside a Map are not recorded."""
    calls: Calls = field(default_factory=list)

    def called(self, state: str) -> int:
        """How often the task of a state was tried."""
        return sum(name == state for name, _ in self.calls)

    def after(self, state: str) -> str:
        """The state that was entered after the last time in `state`."""
        position = len(self.states) - 1 - self.states[::-1].index(state)
        return self.states[position + 1]

    def arguments(self, state: str) -> dict[str, Any]:
        """What the task of a state was last called with."""
        return [arguments for name, arguments in self.calls if name == state][-1]


@dataclass
class _Script:
    answers: Answers
    errors: dict[str, list[str]]
    """State -> errors that its task throws before it answers."""
    calls: Calls = field(default_factory=list)
    answered: Calls = field(default_factory=list)

    def next(self, state: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((state, arguments))
        if self.errors.get(state):
            return {"error": self.errors[state].pop(0), "cause": "injected"}
        answer = self.answers[state]
        self.answered.append((state, arguments))
        result = answer(self.answered) if callable(answer) else answer
        if isinstance(result, Throw):
            return {"error": result.error, "cause": result.cause}
        return {"result": result, "events": []}


class _Server(ThreadingHTTPServer):
    # The default of 5 resets connections when several executions call at once.
    request_queue_size = 128


class ScriptedAws:
    """Runs executions against scripts, several at a time."""

    def __init__(self, emulator: Emulator) -> None:
        self._states = emulator.client("stepfunctions")
        self._lock = threading.Lock()
        self._scripts: dict[str, _Script] = {}
        self.invalid: dict[str, str] = {}
        """State -> why AWS would reject its request."""
        scripted_aws = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                answer = json.dumps(scripted_aws.answer(json.loads(body))).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                """Log no requests."""

        self._server = _Server(("127.0.0.1", emulator.tasks_port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, task: dict[str, Any]) -> dict[str, Any]:
        """The answer to one task, as the emulator takes it."""
        state, arguments = task["state"], task["arguments"]
        report = self._validate(task["resource"], arguments)
        with self._lock:
            if report:
                self.invalid[state] = report
            return self._scripts[task["execution"]].next(state, arguments)

    def _validate(self, resource: str, arguments: dict[str, Any]) -> str:
        """What the service's model or a documented rule has against a request."""
        operation = operation_of(resource)
        assert operation is not None, resource
        try:
            door.check(resource, arguments)
        except TaskError as error:
            return f"{error.error}: {error.cause}"
        return ""

    def run(
        self,
        machine_arn: str,
        execution_input: dict[str, Any],
        answers: Answers,
        errors: dict[str, list[str]] | None = None,
    ) -> Run:
        """Run one execution; a task throws its `errors` first, and then answers."""
        name = str(uuid.uuid4())
        script = self._scripts[name] = _Script(answers, errors or {})
        arn = self._states.start_execution(
            stateMachineArn=machine_arn, name=name, input=json.dumps(execution_input)
        )["executionArn"]
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while True:
            time.sleep(_POLL_SECONDS)
            execution = self._states.describe_execution(executionArn=arn)
            if execution["status"] != "RUNNING":
                break
            assert time.monotonic() < deadline, f"no end after {script.calls[-3:]}"
        events = self._states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        return Run(
            execution["status"],
            execution.get("error", ""),
            execution.get("cause", ""),
            json.loads(execution.get("output") or "null"),
            [
                event["stateEnteredEventDetails"]["name"]
                for event in events
                if "stateEnteredEventDetails" in event
            ],
            script.calls,
        )
