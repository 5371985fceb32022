"""One execution of a SageMaker pipeline: its definition, step by step.

A definition is JSON: parameters, and steps whose arguments are those of the API that a step calls,
with `Get`, `Std:Join` and `Std:JsonGet` in the place of what is known only while it runs.
SageMaker names the jobs. A step runs once those are done that it refers to or names in `DependsOn`;
a step that fails ends the execution. Schema: aws-sagemaker-mlops.github.io/
sagemaker-model-building-pipeline-definition-JSON-schema; docs.aws.amazon.com/sagemaker/latest/dg/
build-and-manage-steps.html (read 2026-11-29).
"""

import operator
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jmespath

from local.services.iam.permission import arn
from local.services.task import Arguments

LENIENT = [
    (
        "Steps of a pipeline run one after the other, without caching and retry policies.",
        "Where parallel steps meet a quota, SageMaker would wait or fail.",
    ),
]

_TYPES: dict[str, Callable[[str], Any]] = {
    "String": str,
    "Integer": int,
    "Float": float,
    "Boolean": lambda value: {"true": True, "false": False}[value.lower()],
}
_OPERATIONS = {
    "Training": "createTrainingJob",
    "Processing": "createProcessingJob",
    "RegisterModel": "createModelPackage",
}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
_REFERENCE = re.compile(r"^Steps\.([^.]+)\.(.+)$")
# SageMaker's own names: `pipelines-<execution>-<step>-<ten characters>`.
_SUFFIX_CHARACTERS = 10

RunJob = Callable[[str, Arguments], Arguments]
"""Operation and arguments -> the description of the result.

Raises StepError.
"""


class PipelineError(Exception):
    """A definition or a request that SageMaker refuses, with its sentence."""


class StepError(Exception):
    """A step that failed. Its text is the reason."""


@dataclass
class PipelineRun:
    """The state of one execution; `run` fills it."""

    definition: Mapping[str, Any]
    parameters: Mapping[str, Any]
    execution: Mapping[str, str]
    """What `Execution.<name>` stands for: PipelineName, PipelineExecutionId, and their like."""
    status: str = "Executing"
    failure_reason: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)
    """The steps that were started, as ListPipelineExecutionSteps describes them, oldest first."""
    _results: dict[str, Arguments] = field(default_factory=dict)
    _requests: dict[str, Arguments] = field(default_factory=dict)
    _definitions: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def run(self, run_job: RunJob, read_json: Callable[[str], Any]) -> None:
        """Run every step. `read_json` reads the JSON document at an S3 URI."""
        self._run_job, self._read_json = run_job, read_json
        try:
            self._run_all(self.definition["Steps"])
        except StepError as error:
            self.status, self.failure_reason = "Failed", str(error)
        else:
            self.status = "Succeeded"

    def _run_all(self, steps: list[Mapping[str, Any]]) -> None:
        waiting = list(steps)
        names = {step["Name"] for step in steps}
        while waiting:
            ready = [step for step in waiting if not _needs(step) & names - set(self._results)]
            if not ready:
                raise StepError(f"The steps wait for each other: {[s['Name'] for s in waiting]}")
            self._run_step(ready[0])
            waiting.remove(ready[0])

    def _run_step(self, step: Mapping[str, Any]) -> None:
        name, kind = step["Name"], step["Type"]
        record = {"StepName": name, "StepStatus": "Executing", "Metadata": {}}
        self.steps.append(record)
        self._definitions[name] = step
        try:
            if kind == "Condition":
                outcome = all(map(self._holds, step["Arguments"]["Conditions"]))
                record["Metadata"] = {"Condition": {"Outcome": str(outcome).lower()}}
                self._results[name] = {"Outcome": outcome}
            elif kind == "Fail":
                self._fail(step, record)
            else:
                record["Metadata"] = self._run_service(step)
        except StepError as error:
            record |= {"StepStatus": "Failed", "FailureReason": str(error)}
            raise StepError(f"Step failure: {name}: {error}") from error
        record["StepStatus"] = "Succeeded"
        if kind == "Condition":
            self._run_all(step["Arguments"]["IfSteps" if outcome else "ElseSteps"])

    def _fail(self, step: Mapping[str, Any], record: dict[str, Any]) -> None:
        message = self._value(step["Arguments"]["ErrorMessage"])
        record["Metadata"] = {"Fail": {"ErrorMessage": message}}
        raise StepError(message)

    def _run_service(self, step: Mapping[str, Any]) -> Arguments:
        """Call what the step stands for; returns its metadata."""
        kind = step["Type"]
        arguments: dict[str, Any] = self._value(step["Arguments"])
        name = ""
        if kind in ("Training", "Processing"):
            suffix = uuid.uuid4().hex[:_SUFFIX_CHARACTERS]
            name = f"pipelines-{self.execution['PipelineExecutionId']}-{step['Name']}-{suffix}"
            arguments[f"{kind}JobName"] = name
        self._requests[step["Name"]] = arguments
        result = self._results[step["Name"]] = self._run_job(_OPERATIONS[kind], arguments)
        if kind == "RegisterModel":
            return {"RegisterModel": {"Arn": result["ModelPackageArn"]}}
        return {f"{kind}Job": {"Arn": arn("sagemaker", f"{kind.lower()}-job/{name}")}}

    def _holds(self, condition: Mapping[str, Any]) -> bool:
        kind = condition["Type"]
        if kind == "Not":
            return not self._holds(condition["Expression"])
        if kind == "Or":
            return any(map(self._holds, condition["Conditions"]))
        if kind == "In":
            return self._value(condition["QueryValue"]) in self._value(condition["Values"])
        operands = (self._value(condition[side]) for side in ("LeftValue", "RightValue"))
        return _COMPARISONS[kind](*operands)

    def _value(self, value: Any) -> Any:
        """`value` with every function of the definition replaced by its result."""
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if "Get" in value:
            return self._get(value["Get"])
        if "Std:Join" in value:
            join = value["Std:Join"]
            return join["On"].join(str(self._value(part)) for part in join["Values"])
        if "Std:JsonGet" in value:
            return self._json_get(value["Std:JsonGet"])
        return {name: self._value(item) for name, item in value.items()}

    def _get(self, path: str) -> Any:
        scope, _, name = path.partition(".")
        if scope == "Parameters":
            return self.parameters[name]
        if scope == "Execution":
            return self.execution[name]
        step, _, result_path = name.partition(".")
        value = jmespath.search(result_path, self._results[step])
        if value is None:
            raise StepError(f"{path}: the step has no such property")
        return value

    def _json_get(self, function: Mapping[str, Any]) -> Any:
        reference = _REFERENCE.match(function["PropertyFile"]["Get"])
        if reference is None:
            raise StepError(f"{function['PropertyFile']['Get']} is no property file")
        step, file = reference[1], reference[2].removeprefix("PropertyFiles.")
        (property_file,) = (
            item
            for item in self._definitions[step]["PropertyFiles"]
            if item["PropertyFileName"] == file
        )
        (output,) = (
            item["S3Output"]["S3Uri"]
            for item in self._requests[step]["ProcessingOutputConfig"]["Outputs"]
            if item["OutputName"] == property_file["OutputName"]
        )
        uri = f"{output.rstrip('/')}/{property_file['FilePath']}"
        value = jmespath.search(function["Path"], self._read_json(uri))
        if value is None:
            raise StepError(f"{uri} has nothing at {function['Path']}")
        return value


def parameter_values(
    definition: Mapping[str, Any], request: list[Mapping[str, str]]
) -> dict[str, Any]:
    """The value of each parameter: the request's, or the default. Raises PipelineError."""
    definitions = {parameter["Name"]: parameter for parameter in definition.get("Parameters", [])}
    texts = {parameter["Name"]: parameter["Value"] for parameter in request}
    if unknown := sorted(set(texts) - set(definitions)):
        raise PipelineError(f"Unknown parameters {unknown}: the pipeline has {sorted(definitions)}")
    values: dict[str, Any] = {}
    for name, parameter in definitions.items():
        if name in texts:
            try:
                values[name] = _TYPES[parameter["Type"]](texts[name])
            except (KeyError, ValueError):
                raise PipelineError(
                    f"Parameter {name} must be of type {parameter['Type']}: {texts[name]!r}"
                ) from None
        elif "DefaultValue" in parameter:
            values[name] = parameter["DefaultValue"]
        else:
            raise PipelineError(f"Parameter {name} has no default: give it a value")
    return values


def check_definition(definition: Mapping[str, Any]) -> None:
    """Raise PipelineError for what SageMaker refuses, or what has no stand-in here."""
    steps = list(_all_steps(definition["Steps"]))
    names = [step["Name"] for step in steps]
    if len(names) != len(set(names)):
        raise PipelineError(f"Step names must be unique: {sorted(names)}")
    parameters = {parameter["Name"] for parameter in definition.get("Parameters", [])}
    for step in steps:
        if step["Type"] not in (*_OPERATIONS, "Condition", "Fail"):
            raise PipelineError(f"{step['Name']}: steps of type {step['Type']} have no stand-in")
        for path in _gets(step):
            scope, _, name = path.partition(".")
            if scope == "Parameters" and name not in parameters:
                raise PipelineError(f"{step['Name']} refers to the unknown parameter {name}")
            if scope == "Steps" and name.partition(".")[0] not in names:
                raise PipelineError(f"{step['Name']} refers to the unknown step {name}")


def _all_steps(steps: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for step in steps:
        yield step
        if step["Type"] == "Condition":
            for branch in ("IfSteps", "ElseSteps"):
                yield from _all_steps(step["Arguments"][branch])


def _needs(step: Mapping[str, Any]) -> set[str]:
    """The steps that must be done before this one."""
    references = (_REFERENCE.match(path) for path in _gets(step))
    return {match[1] for match in references if match} | set(step.get("DependsOn", []))


def _gets(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _gets(item)
    elif isinstance(value, Mapping):
        if isinstance(value.get("Get"), str):
            yield value["Get"]
        else:
            for item in value.values():
                yield from _gets(item)
