"""Schedules: an EventBridge rule or an EventBridge Scheduler schedule, and the runs it starts."""

import json
import re
from collections.abc import Iterator

from tools.assembly import Assembly, Resource
from tools.costs.architectures import costs_of_stack
from tools.costs.declaration import ScheduledRun
from tools.costs.lines import Charge
from tools.costs.prices import PriceError
from tools.costs.schedules import runs_a_month
from tools.costs.template_reading import gb_second_key, transitions

_EXPRESS_GB = 64 / 1024  # the smallest memory that an Express workflow is billed for


def rule(resource: Resource, assembly: Assembly) -> Iterator[Charge]:
    """A month of an EventBridge rule. Rules cost nothing, and neither do AWS's own events.

    Raises PriceError for a scheduled target without a price.
    """
    schedule = resource.properties.get("ScheduleExpression")
    if schedule and resource.properties.get("State") != "DISABLED":
        for target in resource.properties["Targets"]:
            yield from _runs(resource, assembly, target["Arn"], runs_a_month(schedule))


def scheduler(resource: Resource, assembly: Assembly) -> Iterator[Charge]:
    """A month of an EventBridge Scheduler schedule. Raises PriceError."""
    if resource.properties.get("State") == "DISABLED":
        return
    runs = runs_a_month(resource.properties["ScheduleExpression"])
    yield Charge("million invocations of a schedule", "eventbridge_scheduler_million", runs / 1e6)
    yield from _runs(resource, assembly, resource.properties["Target"]["Arn"], runs)


def _runs(resource: Resource, assembly: Assembly, arn: str, runs: float) -> Iterator[Charge]:
    declared = costs_of_stack(resource.stack).scheduled_runs
    run = declared.get(resource.path, ScheduledRun())
    places = list(assembly.places_in(arn))
    target = assembly.places[places[-1]] if places else None
    match target:
        case Resource(type="AWS::StepFunctions::StateMachine"):
            yield from _workflow(target, runs, run)
        case Resource(type="AWS::SQS::Queue") if function := _reader(assembly, target):
            # Sent and deleted; receiving is priced as polling.
            yield Charge("million scheduled messages", "sqs_standard_million", 2 * runs / 1e6)
            yield from _function(function, runs, run)
            yield from _metrics(assembly, function, resource)
        case Resource() if function := _function_of(assembly, target):
            yield from _function(function, runs, run)
            yield from _metrics(assembly, function, resource)
        case _:
            kind = target.type if target else arn
            raise PriceError(
                f"{resource.place}: a schedule that starts {kind} has no price yet: add it to"
                " tools/costs/scheduled.py."
            )
    for charge in run.charges:
        yield charge._replace(quantity=runs * charge.quantity)


def _function(function: Resource, runs: float, run: ScheduledRun) -> Iterator[Charge]:
    seconds = runs * run.seconds * function.properties.get("MemorySize", 128) / 1024
    yield Charge("GB seconds of scheduled functions", gb_second_key(function), seconds)
    yield Charge("million scheduled invocations", "lambda_requests_million", runs / 1e6)
    logged = runs * run.log_bytes / 1e9
    yield Charge("GB that scheduled functions log", "cloudwatch_logs_ingest_gb", logged)


def _metrics(assembly: Assembly, function: Resource, schedule: Resource) -> Iterator[Charge]:
    """The metrics of a scheduled function: a month of each, however many schedules write it."""
    schedules = [
        resource
        for kind in ("AWS::Events::Rule", "AWS::Scheduler::Schedule")
        for resource in assembly.of_type(kind)
        if "ScheduleExpression" in resource.properties and function in _started(resource, assembly)
    ]
    names = _metric_names(assembly, function)
    if names and schedule == min(schedules, key=lambda resource: resource.place):
        item = "custom metrics that scheduled functions write"
        yield Charge(item, "cloudwatch_metric_month", len(names))


def _started(schedule: Resource, assembly: Assembly) -> Iterator[Resource | None]:
    """The functions that a schedule starts."""
    targets = schedule.properties.get("Targets") or [schedule.properties["Target"]]
    for target in targets:
        for place in assembly.places_in(target["Arn"]):
            resource = assembly.places[place]
            is_queue = resource.type == "AWS::SQS::Queue"
            yield _reader(assembly, resource) if is_queue else _function_of(assembly, resource)


def _workflow(workflow: Resource, runs: float, run: ScheduledRun) -> Iterator[Charge]:
    if workflow.properties.get("StateMachineType") == "EXPRESS":
        key = "stepfunctions_express_requests_million"
        yield Charge("million scheduled executions", key, runs / 1e6)
        seconds = runs * run.seconds * _EXPRESS_GB
        item = "GB seconds of scheduled executions"
        yield Charge(item, "stepfunctions_express_gb_second", seconds)
    else:
        entered = runs * transitions(workflow) / 1000
        item = "1,000 transitions of scheduled executions, each state once"
        yield Charge(item, "stepfunctions_standard_1k", entered)


def _function_of(assembly: Assembly, resource: Resource) -> Resource | None:
    """The function itself, or the one that an alias or a version stands for."""
    if resource.type == "AWS::Lambda::Function":
        return resource
    if resource.type in ("AWS::Lambda::Alias", "AWS::Lambda::Version"):
        (place,) = assembly.places_in(resource.properties["FunctionName"])
        return _function_of(assembly, assembly.places[place])
    return None


def _reader(assembly: Assembly, queue: Resource) -> Resource | None:
    """The function that an event source mapping invokes with the messages of a queue."""
    for mapping in assembly.of_type("AWS::Lambda::EventSourceMapping"):
        if queue.place in assembly.places_in(mapping.properties["EventSourceArn"]):
            (place,) = assembly.places_in(mapping.properties["FunctionName"])
            return _function_of(assembly, assembly.places[place])
    return None


def _metric_names(assembly: Assembly, function: Resource) -> set[str]:
    """The metrics of the function's own namespace, as the dashboards of its stack show them."""
    variables = function.properties.get("Environment", {}).get("Variables", {})
    namespace = variables.get("POWERTOOLS_METRICS_NAMESPACE")
    if namespace is None:
        return set()
    bodies = json.dumps(
        [
            dashboard.properties["DashboardBody"]
            for dashboard in assembly.of_type("AWS::CloudWatch::Dashboard")
            if dashboard.stack == function.stack
        ]
    ).replace("\\", "")
    return set(re.findall(rf'"{re.escape(namespace)}","(\w+)"', bodies))
