"""Units of work: priced from the template's own numbers, and as the benchmark counted them."""

import pytest

from stacks.catalogue import ARCHITECTURES
from tests.tools.conftest import Assemblies
from tools.assembly import Assembly
from tools.costs.architectures import costs_of, language_chain, ml_platform
from tools.costs.lake import ingest, table
from tools.costs.lines import Line, dates_of, total
from tools.costs.prices import price

LAKE, PLATFORM, CHAIN = "streaming-lake", "ml-platform", "language-chain"


def _units(assembly: Assembly, architecture: str) -> dict[str, float]:
    return {unit.name: unit.usd for unit in costs_of(architecture).units(assembly.of(architecture))}


def _usd(lines: list[Line]) -> dict[str, float]:
    return {line.item: line.usd for line in lines}


def test_a_gigabyte_costs_stream_delivery_and_parquet(assemble: Assemblies) -> None:
    name = "1 GB ingested, packed into large records"
    sandbox, production = (
        _units(assemble(environment), LAKE)[name] for environment in ("sandbox", "production")
    )
    delivery = price("firehose_kinesis_source_gb").usd + price("firehose_format_conversion_gb").usd
    assert sandbox == pytest.approx(delivery, rel=0.1)
    # On-demand mode adds what goes in and out, and six more days in the stream.
    on_demand = (
        price("kinesis_on_demand_ingest_gb").usd
        + price("kinesis_on_demand_retrieval_gb").usd
        + price("kinesis_on_demand_extended_retention_gb_month").usd * 6 * 12 / 365
    )
    assert production - sandbox == pytest.approx(on_demand, rel=0.01)


def test_small_records_are_billed_by_whole_units(assemble: Assemblies) -> None:
    lake = assemble("sandbox").of(LAKE)
    packed = ingest.ingested(lake, 271_000_000, 100 * 1024)
    single = ingest.ingested(lake, 271_000_000, 271)
    assert total(single) > 10 * total(packed)
    (delivered,) = [line.quantity for line in single if line.item.startswith("GB delivered")]
    assert delivered == pytest.approx(5.12)


def test_a_record_of_the_streaming_table_is_billed_as_a_whole_kibibyte(
    assemble_only: Assemblies,
) -> None:
    lake = assemble_only(LAKE, "sandbox", ("streaming_lake.streaming_table", "true"))
    (taken_in,) = ingest.appended(lake, 1_000_000)
    assert taken_in.usd == pytest.approx(1.024 * price("kinesis_on_demand_ingest_gb").usd)


def test_a_curation_follows_workers_and_flex(assemble: Assemblies) -> None:
    sandbox, production = (
        _units(assemble(environment), LAKE)["a curation"]
        for environment in ("sandbox", "production")
    )
    assert sandbox == pytest.approx(4 * 3 / 60 * price("glue_flex_dpu_hour").usd)
    assert production == pytest.approx(10 * 3 / 60 * price("glue_dpu_hour").usd)


def test_replaced_files_cost_as_long_as_snapshots_and_versions_are_kept(
    assemble: Assemblies, assemble_only: Assemblies
) -> None:
    def replaced(assembly: Assembly) -> float:
        lines = table.stored(assembly, 1)
        return sum(line.quantity for line in lines if "replaced" in line.item)

    kept_longer = assemble_only(LAKE, "sandbox", ("streaming_lake.snapshot_days", "40"))
    # 5 and 30 days become 40 and 30.
    assert replaced(kept_longer) == pytest.approx(2 * replaced(assemble("sandbox").of(LAKE)))


def test_a_large_day_is_curated_by_rows_and_by_what_the_day_has(assemble: Assemblies) -> None:
    lake = assemble("production").of(LAKE)
    starts, *days = (total(table.curated(lake, size)) for size in (0, 1e12, 2e12))
    assert days[1] - starts == pytest.approx(2 * (days[0] - starts))
    assert starts == pytest.approx(24 * 10 * 30 / 3600 * price("glue_dpu_hour").usd)


def test_training_follows_instance_tuning_and_spot(
    assemble: Assemblies, assemble_only: Assemblies
) -> None:
    platform = assemble("production").of(PLATFORM)
    full_price = _usd(ml_platform.training_run(platform, spot_saving=0))
    half_price = _usd(ml_platform.training_run(platform, spot_saving=0.5))
    name = "hours of ml.m7i.xlarge that train, on spot"
    hour = price("sagemaker_ml_m7i_xlarge_training_hour").usd
    assert full_price[name] == pytest.approx(20 * 4 / 60 * hour)
    assert half_price[name] == full_price[name] / 2
    without_spot = assemble_only(PLATFORM, "production", ("ml_training.spot", "false"))
    on_demand = _usd(ml_platform.training_run(without_spot))
    assert on_demand["hours of ml.m7i.xlarge that train"] == full_price[name]


def test_a_million_predictions_are_billed_at_gateway_and_firewall(assemble: Assemblies) -> None:
    sandbox, production = (
        _usd(ml_platform.predictions(assemble(environment).of(PLATFORM), 1e6))
        for environment in ("sandbox", "production")
    )
    assert sandbox["million requests to the API"] == price("apigw_rest_million").usd
    assert "million requests through AWS WAF" not in sandbox
    assert production["million requests through AWS WAF"] == price("waf_requests_million").usd


def test_speech_costs_only_where_it_is_set(assemble_only: Assemblies) -> None:
    silent, recordings, everything = (
        _units(assemble_only(CHAIN, "sandbox", ("language_chain.speak", value)), CHAIN)
        for value in ("nothing", "recordings", "everything")
    )
    hour, documents = "an hour of recordings", "1,000 documents of 2 KB"
    character = price("polly_neural_million_chars").usd / 1e6
    assert recordings[hour] - silent[hour] == pytest.approx(54_000 * character)
    assert recordings[documents] == silent[documents]
    assert everything[documents] - silent[documents] == pytest.approx(2_000_000 * character)


def test_no_comprehend_request_is_below_three_units() -> None:
    quantities = {charge.item: charge.quantity for charge in language_chain.services(50, 1)}
    assert quantities["units of 100 characters: sentiment"] == 3


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_unit_has_a_bill_with_dates(assemble: Assemblies, architecture: str) -> None:
    for unit in costs_of(architecture).units(assemble("sandbox").of(architecture)):
        assert unit.usd == pytest.approx(sum(line.quantity * line.price.usd for line in unit.lines))
        # What these settings do not deploy has no lines.
        assert (unit.usd > 0) == bool(unit.lines), unit.name
        assert dates_of(unit.lines).oldest >= "2024", unit.name


def test_a_template_without_what_is_priced_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"expected one AWS::Kinesis::Stream.*none"):
        ingest.ingested(Assembly({}), 1, 1)
