"""Step Functions: names and inputs of executions."""

from local.services.rules.rule import API_READ, READ, Rule, api

_STATES_CHARACTERS = set(' \t\n<>{}[]?*"#%\\^|~`$&,;:/')
_MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:machine"

RULES = [
    Rule(
        id="execution-name",
        operations=("stepfunctions:StartExecution",),
        says="A name holds no blank, bracket, wildcard or special character.",
        breaks=lambda request, _: bool(_STATES_CHARACTERS & set(request.get("name", ""))),
        error="InvalidName",
        message="Invalid Name",
        source=api("step-functions/latest/apireference", "API_StartExecution"),
        read=API_READ,
        refused={"stateMachineArn": _MACHINE, "name": "letters 2026"},
        accepted={"stateMachineArn": _MACHINE, "name": "letters_2026"},
    ),
    Rule(
        id="execution-input",
        operations=("stepfunctions:StartExecution", "stepfunctions:StartSyncExecution"),
        says="An input has at most 256 KiB in UTF-8.",
        breaks=lambda request, _: len(request.get("input", "").encode()) > 262_144,
        error="ValidationException",
        message="1 validation error detected: Value at 'input' failed to satisfy constraint:"
        " Member must have length less than or equal to 262144",
        source=api("step-functions/latest/apireference", "API_StartExecution"),
        read=READ,
        refused={"stateMachineArn": _MACHINE, "input": '"' + "ü" * 131_072 + '"'},
        accepted={"stateMachineArn": _MACHINE, "input": "{}"},
    ),
]
