"""Units of work: priced from the template's own numbers, and as the README measured them."""

import re
from pathlib import Path

import pytest

from tests.conftest import Templates
from tools import assembly
from tools.costs import lake_work, language_work, platform_work, work
from tools.costs.architectures import only
from tools.costs.lines import dates_of, total

README = (Path(__file__).parents[2] / "README.md").read_text()
LAKE, PLATFORM, CHAIN = "streaming-lake", "ml-platform", "language-chain"


def _units(templates: assembly.Templates, architecture: str) -> dict[str, float]:
    found = work.units(architecture, only(templates, architecture))
    return {each.name: each.usd for each in found}


def _changed(environment: str, **settings: str) -> assembly.Templates:
    given = {key.replace("__", "."): value for key, value in settings.items()}
    return assembly.synthesise(environment, given, gated=False)


def test_a_gigabyte_costs_stream_delivery_and_parquet(synthesise: Templates) -> None:
    sandbox, production = (_units(synthesise(each), LAKE) for each in ("sandbox", "production"))
    name = "1 GB ingested, packed into large records"
    assert sandbox[name] == pytest.approx(0.029 + 0.018, rel=0.1)
    # On demand adds what goes in and out, and six more days in the stream.
    assert production[name] - sandbox[name] == pytest.approx(
        0.08 + 0.04 + 0.1 * 6 * 12 / 365, rel=0.01
    )


def test_small_records_are_billed_by_whole_units(synthesise: Templates) -> None:
    lake = only(synthesise("sandbox"), LAKE)
    packed = lake_work.ingested(lake, 271_000_000, 100 * 1024)
    alone = lake_work.ingested(lake, 271_000_000, 271)
    assert total(alone) > 10 * total(packed)
    (delivered,) = [each.quantity for each in alone if each.what.startswith("GB delivered")]
    assert delivered == pytest.approx(5.12)


def test_a_curation_follows_workers_and_flex(synthesise: Templates) -> None:
    assert _units(synthesise("sandbox"), LAKE)["a curation"] == pytest.approx(4 * 3 / 60 * 0.29)
    assert _units(synthesise("production"), LAKE)["a curation"] == pytest.approx(10 * 3 / 60 * 0.44)


def test_training_follows_instance_tuning_and_spot(synthesise: Templates) -> None:
    platform = only(synthesise("production"), PLATFORM)
    whole = {each.what: each.usd for each in platform_work.training_run(platform, spot_saving=0)}
    saved = {each.what: each.usd for each in platform_work.training_run(platform, spot_saving=0.5)}
    name = "hours of ml.m7i.xlarge that train, on spot"
    assert whole[name] == pytest.approx(20 * 4 / 60 * 0.242)
    assert saved[name] == whole[name] / 2
    dear = only(_changed("production", ml_training__spot="false"), PLATFORM)
    on_demand = {each.what: each.usd for each in platform_work.training_run(dear)}
    assert on_demand["hours of ml.m7i.xlarge that train"] == whole[name]


def test_a_million_predictions_pass_what_is_in_front(synthesise: Templates) -> None:
    def said(templates: assembly.Templates) -> dict[str, float]:
        platform = only(templates, PLATFORM)
        return {each.what: each.usd for each in platform_work.predictions(platform, 1e6)}

    sandbox, production = said(synthesise("sandbox")), said(synthesise("production"))
    assert sandbox["million calls of the API"] == 3.5
    assert "million calls through the firewall" not in sandbox
    assert production["million calls through the firewall"] == 0.6


def test_documents_cost_what_the_benchmark_counted() -> None:
    (row,) = [each for each in README.splitlines() if each.startswith("| 1,000 documents of 2 KB;")]
    (counted,) = [each for each in README.splitlines() if each.startswith("| a document of 2 KB;")]
    usd = re.findall(r"([\d.]+) USD", row)[:2]
    transitions = re.findall(r"\| (\d+) transitions; (\d+) \|", counted)[0]
    for size, said_usd, said_transitions in zip((2_000, 200_000), usd, transitions, strict=True):
        taken = language_work.reckoned(size)
        charges = language_work.orchestration(taken, 1000, 1769 / 1024, "lambda_arm64_gb_second")
        assert f"{language_work.usd(charges):.2f}" == said_usd
        assert f"{taken.transitions}" == said_transitions


def test_speech_costs_only_where_it_is_asked_for(synthesise: Templates) -> None:
    silent = _units(synthesise("sandbox"), CHAIN)
    recordings = _units(_changed("sandbox", language_chain__speak="recordings"), CHAIN)
    everything = _units(_changed("sandbox", language_chain__speak="everything"), CHAIN)
    hour, documents = "an hour of recordings", "1,000 documents of 2 KB"
    assert recordings[hour] - silent[hour] == pytest.approx(54_000 * 16e-6)
    assert recordings[documents] == silent[documents]
    assert everything[documents] - silent[documents] == pytest.approx(2_000_000 * 16e-6)


def test_no_comprehend_request_is_below_three_units() -> None:
    short = {each.what: each.quantity for each in language_work.services(50, 1)}
    assert short["units of 100 characters: sentiment"] == 3


@pytest.mark.parametrize("architecture", [LAKE, PLATFORM, CHAIN])
def test_every_unit_has_a_bill_with_dates(synthesise: Templates, architecture: str) -> None:
    for unit in work.units(architecture, only(synthesise("sandbox"), architecture)):
        assert unit.usd > 0, unit.name
        assert dates_of(unit.lines).oldest >= "2024", unit.name


def test_a_template_without_what_is_priced_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"one AWS::Kinesis::Stream is expected.*none"):
        lake_work.ingested({}, 1, 1)
