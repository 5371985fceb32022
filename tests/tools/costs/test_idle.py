"""Idle cost: every resource has a price or a reason, and every line is quantity times price."""

import re
from typing import Any

import pytest
from pydantic import TypeAdapter

from stacks.catalogue import ARCHITECTURES
from stacks.ml_platform.settings import MlNetworkSettings
from stacks.streaming_lake.settings import StreamingLakeSettings
from tests.tools.conftest import Assemblies
from tools.assembly import Assembly, architecture_of, synthesise
from tools.costs import idle
from tools.costs.free import FREE
from tools.costs.idle_rules import RULES
from tools.costs.lines import Line, grouped, total
from tools.costs.prices import PriceError, price
from tools.costs.schedules import HOURS_A_MONTH, runs_a_month

# Options that add resources of further types.
OPTIONS = [
    ("alarm_email", "on-call@example.com"),
    ("ml_notebook.studio", "true"),
    ("ml_notebook.owner", "ada"),
    ("ml_endpoint.model_package_arn", "arn:aws:sagemaker:us-east-1:123456789012:model-package/f/1"),
    ("language_chain.terminology", "true"),
    ("language_chain.vocabulary", "true"),
    ("language_chain.vocabulary_filter", "true"),
    ("language_chain.lexicon", "true"),
    ("language_chain.collections", "true"),
    ("ml_training.from_lake", "true"),
    ("ml_training.after_curation", "true"),
]
BY_CLOUDFORMATION = [*OPTIONS, ("language_chain.word_lists_by", "cloudformation")]


def _assembly(kind: str, **properties: Any) -> Assembly:
    """One resource of a type, in a stack of the lake."""
    resource = {"Type": kind, "Properties": properties}
    return Assembly({"StreamingLake": {"Resources": {"Toy": resource}}})


def _usd(lines: list[Line]) -> dict[str, float]:
    return {group.item: group.usd for group in grouped(lines)}


@pytest.mark.parametrize("environment", ["local", "sandbox", "production"])
def test_every_resource_has_a_price_or_a_reason(assemble: Assemblies, environment: str) -> None:
    lines = idle.monthly(assemble(environment), in_service=True)
    assert {architecture_of(line.stack) for line in lines} == set(ARCHITECTURES)
    assert all(line.quantity > 0 and line.path for line in lines)
    assert total(lines) == pytest.approx(sum(line.quantity * line.price.usd for line in lines))
    assert total(lines) == pytest.approx(sum(group.usd for group in grouped(lines)))


@pytest.mark.parametrize("settings", [OPTIONS, BY_CLOUDFORMATION])
def test_what_settings_add_has_a_price_or_a_reason(settings: list[tuple[str, str]]) -> None:
    usd = _usd(idle.monthly(synthesise("production", dict(settings), gated=False)))
    hour = price("sagemaker_ml_m7i_large_hosting_hour").usd
    assert usd["hours of ml.m7i.large that serve the model"] == pytest.approx(2 * 730 * hour)


def test_nothing_is_both_priced_and_free() -> None:
    assert set(RULES) & set(FREE) == set()


def test_an_unknown_type_is_an_error_that_names_both_files() -> None:
    with pytest.raises(
        PriceError, match=r"StreamingLake/Toy: .*AWS::New::Thing.*idle_rules\.py.*free\.py"
    ):
        idle.monthly(_assembly("AWS::New::Thing"))


def test_a_metric_math_alarm_costs_each_of_its_metrics() -> None:
    metric = {"MetricStat": {"Period": 300}}
    math = _assembly("AWS::CloudWatch::Alarm", Metrics=[{"Expression": "a/b"}, metric, metric])
    single = _assembly("AWS::CloudWatch::Alarm", Period=60)
    assert total(idle.monthly(math)) == pytest.approx(2 * total(idle.monthly(single)))


def test_a_high_resolution_alarm_has_a_price_of_its_own() -> None:
    with pytest.raises(PriceError, match="no row cloudwatch_alarm_highres_month"):
        idle.monthly(_assembly("AWS::CloudWatch::Alarm", Period=10))


def test_an_interface_endpoint_costs_each_zone_and_a_gateway_endpoint_nothing() -> None:
    zones = ["a", "b", "c"]
    interface = _assembly("AWS::EC2::VPCEndpoint", VpcEndpointType="Interface", SubnetIds=zones)
    hours = 3 * HOURS_A_MONTH * price("vpc_interface_endpoint_az_hour").usd
    assert total(idle.monthly(interface)) == pytest.approx(hours)
    gateway = _assembly("AWS::EC2::VPCEndpoint", VpcEndpointType="Gateway")
    assert idle.monthly(gateway) == []


def test_a_shard_with_longer_retention_costs_more() -> None:
    def stream(hours: int) -> float:
        mode = {"StreamMode": "PROVISIONED"}
        return total(
            idle.monthly(
                _assembly(
                    "AWS::Kinesis::Stream",
                    StreamModeDetails=mode,
                    ShardCount=2,
                    RetentionPeriodHours=hours,
                )
            )
        )

    longer = 2 * HOURS_A_MONTH * price("kinesis_extended_retention_shard_hour").usd
    assert stream(48) - stream(24) == pytest.approx(longer)


def test_a_rule_that_waits_for_events_costs_nothing() -> None:
    assert idle.monthly(_assembly("AWS::Events::Rule", EventPattern={})) == []


def test_only_queues_are_polled() -> None:
    mapping = {"Type": "AWS::Lambda::EventSourceMapping"}
    for kind, polled in (("AWS::SQS::Queue", True), ("AWS::DynamoDB::Table", False)):
        resources = {
            "Source": {"Type": kind},
            "Mapping": {**mapping, "Properties": {"EventSourceArn": {"Ref": "Source"}}},
        }
        assert bool(idle.monthly(Assembly({"Toy": {"Resources": resources}}))) == polled


def test_the_scheduled_check_is_priced_with_its_metrics(assemble: Assemblies) -> None:
    chain = idle.monthly(assemble("sandbox").of("language-chain"))
    quantities = {group.item: group.quantity for group in grouped(chain)}
    # Each once, although two schedules start the function: every five minutes, and each hour.
    assert quantities["custom metrics that scheduled functions write"] == 6
    runs = HOURS_A_MONTH * (12 + 1)
    assert quantities["million scheduled invocations"] == pytest.approx(runs / 1e6)
    polls = HOURS_A_MONTH * 3600 / 20 * 5
    assert quantities["million polls of a queue by Lambda"] == pytest.approx(polls / 1e6)


def test_a_deployed_model_has_a_total_of_its_own(assemble_only: Assemblies) -> None:
    beside = ("ml_endpoint.roll_out", "challenger")
    platform = assemble_only("ml-platform", "production", beside)
    before, after = idle.monthly(platform), idle.monthly(platform, in_service=True)
    added = _usd([line for line in after if line not in before])
    assert not [line for line in before if "serve" in line.item]
    # Two instances of the champion, and two of the newcomer.
    champion = added["hours of ml.m7i.large that serve the model"]
    challenger = "hours of ml.m7i.large that serve a challenger, from the second model on"
    hour = price("sagemaker_ml_m7i_large_hosting_hour").usd
    assert champion == added[challenger] == pytest.approx(2 * 730 * hour)
    assert added["scheduled training: hours of ml.m7i.xlarge that train, on spot"] > 0


def test_a_serverless_model_costs_nothing_without_requests(assemble_only: Assemblies) -> None:
    serverless = (
        ("ml_endpoint.serving", "serverless"),
        ("ml_endpoint.in_vpc", "false"),
        ("ml_endpoint.data_capture_percent", "0"),
    )
    platform = assemble_only("ml-platform", "sandbox", *serverless)
    assert idle.monthly(platform) == idle.monthly(platform, in_service=True)


def test_a_notebook_costs_its_volume_and_its_hours_only_while_it_runs(
    assemble: Assemblies,
) -> None:
    platform = assemble("sandbox").of("ml-platform")
    volume = _usd(idle.monthly(platform))["GB of the stopped notebook instance's volume"]
    assert volume == pytest.approx(20 * price("sagemaker_storage_gb_month").usd)
    (hour,) = idle.notebook_hours(platform)
    assert hour.usd == price("sagemaker_ml_t3_medium_notebook_hour").usd


def test_a_weekend_is_sixty_hours_of_the_month(assemble: Assemblies) -> None:
    lake = idle.monthly(assemble("sandbox").of("streaming-lake"))
    assert idle.weekend(lake) == pytest.approx(total(lake) * 60 / 730)


@pytest.mark.parametrize(
    ("schedule", "runs"),
    [
        ("rate(5 minutes)", 8760),
        ("rate(1 day)", 730 / 24),
        ("cron(15 * * * ? *)", 730),
        ("cron(0 3 * * ? *)", 365 / 12),
        ("cron(0 4 ? * MON *)", 53 / 12),
        ("cron(0/20 8-10 1,15 JAN-JUN ? *)", 9 * 12 / 12),
        ("cron(0 0 ? * 2-6 *)", 261 / 12),
    ],
)
def test_a_schedule_is_counted(schedule: str, runs: float) -> None:
    assert runs_a_month(schedule) == pytest.approx(runs)


@pytest.mark.parametrize("schedule", ["at(2026-01-01T00:00)", "cron(0 0 L * ? *)"])
def test_a_schedule_that_is_not_understood_is_an_error(schedule: str) -> None:
    with pytest.raises(PriceError, match=re.escape(schedule)):
        runs_a_month(schedule)


def _description(kind: type, setting: str) -> str:
    text: str = TypeAdapter(kind).json_schema()["properties"][setting]["description"]
    return " ".join(text.split())


def test_descriptions_of_settings_quote_the_price_sheet() -> None:
    shards = _description(StreamingLakeSettings, "shards")
    shard = price("kinesis_shard_hour").usd * HOURS_A_MONTH
    on_demand = price("kinesis_on_demand_stream_hour").usd * HOURS_A_MONTH
    assert re.findall(r"(\d+) USD a month", shards) == [f"{shard:.0f}", f"{on_demand:.0f}"]
    endpoints = _description(MlNetworkSettings, "interface_endpoints")
    zone = price("vpc_interface_endpoint_az_hour").usd
    assert f"{zone:.2f} USD an hour and zone" in endpoints
    assert f"{zone * HOURS_A_MONTH:.2f} USD a month and zone" in endpoints
