"""The rules price the resources of an architecture that they have never seen."""

from collections.abc import Iterator
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn

from tests.tools.conftest import Assemblies
from tests.tools.costs.toys import register, synthesised
from tools.assembly import Assembly
from tools.costs import architectures, budget, idle, sensitivity
from tools.costs.declaration import ArchitectureCosts, ChangedBy, ScheduledRun
from tools.costs.lines import Charge, Line
from tools.costs.prices import PriceError, price

HOURLY = 730


@pytest.fixture(autouse=True)
def _forget_declarations() -> Iterator[None]:
    yield
    architectures.costs_of.cache_clear()


def _stream(stack: Stack) -> None:
    kinesis.Stream(stack, "Readings", shard_count=2, stream_mode=kinesis.StreamMode.PROVISIONED)


def _function(stack: Stack) -> lambda_.Function:
    return lambda_.Function(
        stack,
        "Detect",
        runtime=lambda_.Runtime.PYTHON_3_13,
        architecture=lambda_.Architecture.ARM_64,
        memory_size=512,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): pass"),
    )


def _workflow(stack: Stack, kind: sfn.StateMachineType) -> sfn.StateMachine:
    branches = sfn.Parallel(stack, "Branches").branch(sfn.Pass(stack, "A"), sfn.Pass(stack, "B"))
    return sfn.StateMachine(
        stack,
        "Workflow",
        state_machine_type=kind,
        definition_body=sfn.DefinitionBody.from_chainable(sfn.Pass(stack, "First").next(branches)),
    )


def _hourly_rule(stack: Stack, target: events.IRuleTarget) -> None:
    schedule = events.Schedule.rate(Duration.hours(1))
    events.Rule(stack, "Hourly", schedule=schedule, targets=[target])


def _quantities(assembly: Assembly) -> dict[str, float]:
    """Row of the price sheet -> quantity, of all lines of an idle month."""
    quantities: dict[str, float] = {}
    for line in idle.monthly(assembly):
        quantities[line.price.key] = quantities.get(line.price.key, 0) + line.quantity
    return quantities


def test_its_stream_is_priced_and_no_other_architectures_setting_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register(monkeypatch)
    (line,) = idle.monthly(synthesised(_stream))
    assert line.usd == pytest.approx(2 * HOURLY * price("kinesis_shard_hour").usd)
    assert architectures.costs_of("toy-anomalies").setting_of(line) is None


def test_its_own_declaration_names_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = ChangedBy("toy_anomalies.shards", "kinesis_*", "Read*")
    register(monkeypatch, ArchitectureCosts(changed_by=(declared,)))
    assembly = synthesised(_stream)
    (line,) = idle.monthly(assembly)
    assert architectures.costs_of("toy-anomalies").setting_of(line) == "toy_anomalies.shards"
    templates = {
        stack: {
            "Resources": {
                **template["Resources"],
                "Budget": {
                    "Type": "AWS::Budgets::Budget",
                    "Properties": {"Budget": {"BudgetLimit": {"Amount": 1}}},
                },
            }
        }
        for stack, template in assembly.templates.items()
    }
    (warning,) = budget.warnings(templates)
    assert "toy-anomalies (Anomalies)" in warning
    assert "change -c toy_anomalies.shards" in warning


def test_streams_of_two_architectures_keep_their_own_settings(
    monkeypatch: pytest.MonkeyPatch, assemble: Assemblies
) -> None:
    sandbox = assemble("sandbox")  # before the catalogue knows the toy
    register(monkeypatch)
    assembly = Assembly({**sandbox.templates, **synthesised(_stream).templates})

    def settings_of(architecture: str) -> set[str | None]:
        return {
            architectures.costs_of(architecture).setting_of(line)
            for line in idle.monthly(assembly.of(architecture))
            if line.price.key == "kinesis_shard_hour"
        }

    assert settings_of("streaming-lake") == {"streaming_lake.shards"}
    assert settings_of("toy-anomalies") == {None}


def _rule_for_function(stack: Stack) -> None:
    _hourly_rule(stack, targets.LambdaFunction(_function(stack)))


def _schedule_for_function(stack: Stack) -> None:
    scheduler.Schedule(
        stack,
        "Hourly",
        schedule=scheduler.ScheduleExpression.rate(Duration.hours(1)),
        target=scheduler_targets.LambdaInvoke(_function(stack)),
    )


def _rule_for_alias(stack: Stack) -> None:
    alias = lambda_.Alias(
        stack, "Live", alias_name="live", version=_function(stack).current_version
    )
    _hourly_rule(stack, targets.LambdaFunction(alias))


@pytest.mark.parametrize("build", [_rule_for_function, _schedule_for_function, _rule_for_alias])
def test_a_schedule_that_starts_a_function_is_priced(build: Any) -> None:
    quantities = _quantities(synthesised(build))
    assert quantities["lambda_requests_million"] == pytest.approx(HOURLY / 1e6)
    # The assumed second of a function of half a GB.
    assert quantities["lambda_arm64_gb_second"] == pytest.approx(HOURLY * 0.5)
    invocations = quantities.get("eventbridge_scheduler_million", 0)
    assert invocations == pytest.approx(HOURLY / 1e6 if build is _schedule_for_function else 0)


def test_what_a_run_takes_is_declared_by_the_architecture(monkeypatch: pytest.MonkeyPatch) -> None:
    run = ScheduledRun(seconds=4, charges=(Charge("reads", "dynamodb_rru_million", 3 / 1e6),))
    register(monkeypatch, ArchitectureCosts(scheduled_runs={"Hourly": run}))
    quantities = _quantities(synthesised(_rule_for_function))
    assert quantities["lambda_arm64_gb_second"] == pytest.approx(HOURLY * 4 * 0.5)
    assert quantities["dynamodb_rru_million"] == pytest.approx(HOURLY * 3 / 1e6)


def test_a_disabled_schedule_costs_nothing() -> None:
    def build(stack: Stack) -> None:
        events.Rule(
            stack,
            "Hourly",
            schedule=events.Schedule.rate(Duration.hours(1)),
            targets=[targets.LambdaFunction(_function(stack))],
            enabled=False,
        )

    assert _quantities(synthesised(build)) == {}


def test_a_second_workflow_with_a_schedule_is_priced_by_its_own_states(
    assemble: Assemblies,
) -> None:
    def build(stack: Stack) -> None:
        workflow = _workflow(stack, sfn.StateMachineType.STANDARD)
        _hourly_rule(stack, targets.SfnStateMachine(workflow))

    toy = synthesised(build)
    assert _quantities(toy) == {"stepfunctions_standard_1k": pytest.approx(HOURLY * 4 / 1000)}
    # Beside the workflows of the other architectures, each is still found.
    templates = {**assemble("production").templates, **toy.templates}
    lines = idle.monthly(Assembly(templates), in_service=True)
    assert _of(lines, "Anomalies") == _of(idle.monthly(toy), "Anomalies")


def _of(lines: list[Line], stack: str) -> list[Line]:
    return [line for line in lines if line.stack == stack]


def test_an_express_workflow_is_priced_by_its_duration() -> None:
    def build(stack: Stack) -> None:
        workflow = _workflow(stack, sfn.StateMachineType.EXPRESS)
        _hourly_rule(stack, targets.SfnStateMachine(workflow))

    assert _quantities(synthesised(build)) == {
        "stepfunctions_express_requests_million": pytest.approx(HOURLY / 1e6),
        "stepfunctions_express_gb_second": pytest.approx(HOURLY * 64 / 1024),
    }


def test_a_schedule_without_a_priced_target_is_an_error_that_names_it() -> None:
    def build(stack: Stack) -> None:
        _hourly_rule(stack, targets.SnsTopic(sns.Topic(stack, "Topic")))

    with pytest.raises(PriceError, match=r"Anomalies/Hourly: .*AWS::SNS::Topic.*scheduled\.py"):
        idle.monthly(synthesised(build))


def test_an_architecture_that_declares_nothing_has_an_idle_month_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register(monkeypatch)
    month = sensitivity.month("toy-anomalies", synthesised(_stream))
    assert month.usd == month.idle_usd > 0
    assert sensitivity.ranked(["toy-anomalies"]) == {"toy-anomalies": []}
