"""Idle cost: every resource has a price or a reason, and known figures come out."""

import re
from typing import Any

import pytest

from repository import ROOT
from tests.conftest import Templates
from tools import assembly
from tools.costs import idle
from tools.costs.architectures import architecture_of, only
from tools.costs.free import FREE
from tools.costs.idle_rules import RULES
from tools.costs.lines import Line, grouped, total
from tools.costs.prices import PriceError, price
from tools.costs.schedules import HOURS_A_MONTH, runs_a_month

# What is not there by default, and has types of its own.
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


def _stack(**resources: Any) -> assembly.Templates:
    return {"StreamingLake": {"Resources": resources}}


def _one(kind: str, **properties: Any) -> assembly.Templates:
    return _stack(It={"Type": kind, "Properties": properties})


def _said(lines: list[Line]) -> dict[str, float]:
    return {group.what: round(group.usd, 2) for group in grouped(lines)}


@pytest.mark.parametrize("environment", ["local", "sandbox", "production"])
def test_every_resource_has_a_price_or_a_reason(synthesise: Templates, environment: str) -> None:
    lines = idle.monthly(synthesise(environment), model_deployed=True)
    assert {architecture_of(each.stack) for each in lines} == {
        "streaming-lake",
        "ml-platform",
        "language-chain",
    }
    assert all(each.quantity > 0 and each.path for each in lines)


@pytest.mark.parametrize("settings", [OPTIONS, BY_CLOUDFORMATION])
def test_what_settings_add_has_a_price_or_a_reason(settings: list[tuple[str, str]]) -> None:
    templates = assembly.synthesise("production", dict(settings), gated=False)
    said = _said(idle.monthly(templates))
    assert said["hours of ml.m7i.large that serve the champion"] == 2 * 88.33


def test_nothing_is_both_priced_and_free() -> None:
    assert set(RULES) & set(FREE) == set()


def test_an_unknown_type_is_an_error_that_says_where_to_add_it() -> None:
    with pytest.raises(
        PriceError, match=r"StreamingLake/It: .*AWS::New::Thing.*idle_rules\.py.*free\.py"
    ):
        idle.monthly(_one("AWS::New::Thing"))


def test_a_metric_math_alarm_costs_each_of_its_metrics() -> None:
    metric = {"MetricStat": {"Period": 300}}
    math = _one("AWS::CloudWatch::Alarm", Metrics=[{"Expression": "a/b"}, metric, metric])
    assert total(idle.monthly(math)) == pytest.approx(0.2)
    assert total(idle.monthly(_one("AWS::CloudWatch::Alarm", Period=60))) == pytest.approx(0.1)


def test_an_alarm_by_the_second_is_not_taken_for_a_cheap_one() -> None:
    with pytest.raises(PriceError, match="no row cloudwatch_alarm_highres_month"):
        idle.monthly(_one("AWS::CloudWatch::Alarm", Period=10))


def test_an_interface_endpoint_costs_each_zone_and_a_gateway_nothing() -> None:
    three = _one("AWS::EC2::VPCEndpoint", VpcEndpointType="Interface", SubnetIds=["a", "b", "c"])
    assert total(idle.monthly(three)) == pytest.approx(3 * 7.30)
    assert idle.monthly(_one("AWS::EC2::VPCEndpoint", VpcEndpointType="Gateway")) == []


def test_a_shard_that_keeps_longer_costs_more() -> None:
    def stream(hours: int) -> float:
        mode = {"StreamMode": "PROVISIONED"}
        return total(
            idle.monthly(
                _one(
                    "AWS::Kinesis::Stream",
                    StreamModeDetails=mode,
                    ShardCount=2,
                    RetentionPeriodHours=hours,
                )
            )
        )

    assert stream(24) == pytest.approx(21.90)
    assert stream(48) == pytest.approx(21.90 + 29.20)


def test_a_schedule_without_a_known_target_is_an_error() -> None:
    rule = _one(
        "AWS::Events::Rule", ScheduleExpression="rate(1 hour)", Targets=[{"Arn": {"Ref": "Topic"}}]
    )
    with pytest.raises(PriceError, match=r"tools/costs/sweep\.py"):
        idle.monthly(rule)
    assert idle.monthly(_one("AWS::Events::Rule", EventPattern={})) == []


def test_the_sweep_is_priced_with_its_five_metrics(synthesise: Templates) -> None:
    said = _said(idle.monthly(only(synthesise("sandbox"), "language-chain")))
    assert said["custom metrics that the sweep writes"] == 1.50
    assert said["metrics that alarms look at"] == 1.20
    assert said["million polls of a queue by Lambda"] == 0.26


def test_a_deployed_model_has_a_total_of_its_own(synthesise: Templates) -> None:
    platform = only(synthesise("production"), "ml-platform")
    before, after = idle.monthly(platform), idle.monthly(platform, model_deployed=True)
    more = _said([each for each in after if each not in before])
    assert not [each for each in before if "serve" in each.what]
    # Two instances, and two more of the model before it.
    assert more["hours of ml.m7i.large that serve the champion"] == 176.66
    assert (
        more["hours of ml.m7i.large that serve the challenger, from the second model on"] == 176.66
    )
    assert more["scheduled training: hours of ml.m7i.xlarge that train, on spot"] == 0.50


def test_a_serverless_model_costs_nothing_while_it_is_not_asked() -> None:
    given = {
        "ml_endpoint.serving": "serverless",
        "ml_endpoint.in_vpc": "false",
        "ml_endpoint.data_capture_percent": "0",
    }
    platform = only(assembly.synthesise("sandbox", given, gated=False), "ml-platform")
    assert idle.monthly(platform) == idle.monthly(platform, model_deployed=True)


def test_a_notebook_costs_its_volume_and_its_hours_only_while_on(synthesise: Templates) -> None:
    platform = only(synthesise("sandbox"), "ml-platform")
    assert _said(idle.monthly(platform))["GB of the notebook's volume; it stands still"] == 2.80
    assert [each.usd for each in idle.while_on(platform)] == [0.05]


def test_a_weekend_is_sixty_hours_of_the_month(synthesise: Templates) -> None:
    lake = idle.monthly(only(synthesise("sandbox"), "streaming-lake"))
    assert idle.weekend(lake) == pytest.approx(15.55 * 60 / 730)


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


def test_the_readme_quotes_what_is_computed(synthesise: Templates) -> None:
    templates = synthesise("sandbox")
    (row,) = [
        each
        for each in (ROOT / "README.md").read_text().splitlines()
        if each.startswith("| `sandbox` |")
    ]
    lake, platform, chain = (
        idle.monthly(only(templates, each))
        for each in ("streaming-lake", "ml-platform", "language-chain")
    )
    serving = idle.monthly(only(templates, "ml-platform"), model_deployed=True)
    shard = _said(lake)["hours of the stream's shards"]
    endpoints = _said(platform)["hours of interface endpoints, in each zone"]
    assert re.findall(r"([\d.]+) USD", row) == [
        f"{usd:.2f}"
        for usd in (total(lake), shard, total(platform), endpoints, total(serving), total(chain))
    ]


def test_the_settings_comments_quote_what_is_computed() -> None:
    lake = (ROOT / "stacks" / "streaming_lake" / "settings.py").read_text()
    shard = price("kinesis_shard_hour").usd * HOURS_A_MONTH
    on_demand = price("kinesis_on_demand_stream_hour").usd * HOURS_A_MONTH
    assert re.findall(r"(\d+) USD a month", lake) == [f"{shard:.0f}", f"{on_demand:.0f}"]
    zone = price("vpc_interface_endpoint_az_hour").usd
    platform = (ROOT / "stacks" / "ml_platform" / "settings.py").read_text()
    assert f"{zone:.2f} USD an hour and zone" in platform
    assert f"{zone * HOURS_A_MONTH:.2f} USD a month and zone" in platform
