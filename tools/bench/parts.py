"""The parts of `make bench`, each callable alone."""

import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path

from stacks.catalogue import ENVIRONMENTS
from stacks.shared.bundle import lambda_bundle
from tools.bench import (
    ablation,
    api,
    corpus,
    curate,
    drift,
    forecasts,
    lake_scale,
    language,
    quality,
    serving,
    synth,
    training,
    transform,
)
from tools.bench import wall as commands
from tools.bench.imports import import_ms
from tools.bench.measurement import Measurement, rounded
from tools.site import build

_BUNDLE_LIMIT_MB = 5
_SYNTH_LIMIT = 2
_TRANSFORM_LIMIT = 1 / 3
_TRAINING_LIMIT = 0.1
# A run's work is the days that it changes, whatever the table has besides.
_GROWTH_LIMIT = 2
# Of the training set's own days, and of the days after it.
_FALSE_ALARMS = 0.01
_LINEAR = 2.5
_IMPORT_LIMIT_MS = 400
_DRIFT_BUNDLE_LIMIT_MB = 20
_SPLIT_BUNDLE_LIMIT_MB, _SPLIT_IMPORT_LIMIT_MS = 30, 600


def _synth() -> Iterator[Measurement]:
    """Synthesis"""
    figures = synth.measure()
    a_resource = 1000 / figures.equal_resources
    yield Measurement(
        "synth-resource",
        "synthesis, per resource",
        rounded(figures.python_seconds * a_resource),
        "ms",
        f"{figures.javascript_seconds * a_resource:.1f} ms: an equal app of"
        f" {figures.equal_resources} resources in JavaScript",
        figures.ratio <= _SYNTH_LIMIT,
    )
    title = f"synthesis of all architectures, {figures.own_resources} resources, gate included"
    yield Measurement("synth-app", title, rounded(figures.own_seconds, 2), "s")


def _transform() -> Iterator[Measurement]:
    """The transform function"""
    result = transform.measure()
    yield Measurement(
        "transform-throughput",
        "transform function, Base64 included, per core",
        rounded(result.transform_mb_a_second),
        "MB/s",
        f"{result.orjson_mb_a_second:.0f} MB/s: a bare orjson loop; one shard delivers 1 MB/s",
        result.ratio >= _TRANSFORM_LIMIT,
    )
    title, included = "transform function, import", "boto3 and its clients included"
    yield Measurement("transform-import", title, rounded(result.import_ms), "ms", included)


def _bundle() -> Iterator[Measurement]:
    """The Lambda bundle"""
    target = ENVIRONMENTS["sandbox"].lambda_target
    folder = lambda_bundle("streaming_lake/transform_flight_events", target)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.rglob("*"):
            archive.write(file, file.relative_to(folder))
    megabytes = packed.tell() / 1e6
    yield Measurement(
        "transform-bundle",
        "transform function, bundle zipped",
        rounded(megabytes, 2),
        "MB",
        f"limit {_BUNDLE_LIMIT_MB} MB",
        megabytes < _BUNDLE_LIMIT_MB,
    )


def _curate() -> Iterator[Measurement]:
    """The curation job, at three sizes"""
    runs = [curate.measure(scale) for scale in curate.SCALES]
    for run in runs:
        times, memory = (
            run.seconds / runs[0].seconds,
            run.mebibytes / runs[0].mebibytes,
        )
        name, title = f"spark-{run.scale}x", f"Spark job, {run.flights:,} flights"
        scale = f"{run.scale}x the flights: " if run.scale > 1 else ""
        yield Measurement(
            f"{name}-time",
            title,
            rounded(run.seconds),
            "s",
            f"{scale}{times:.1f}x the time" if scale else "",
            times <= run.scale,
        )
        yield Measurement(
            f"{name}-memory",
            f"{title}, memory",
            rounded(run.mebibytes / 1024, 2),
            "GiB",
            f"{scale}{memory:.1f}x the memory" if scale else "",
            memory <= run.scale,
        )


def _lake() -> Iterator[Measurement]:
    """The curation job on large tables"""
    day = lake_scale.large_day()
    yield Measurement(
        "lake-day-throughput",
        f"one run over {lake_scale.DAY_ROWS:,} events of one day",
        rounded(lake_scale.DAY_ROWS / day.seconds / 1000),
        "thousand rows/s",
        f"182 to write the day alone: folders as versions, always one task; now a task for each"
        f" file of up to 128 MiB, here {day.files}",
    )
    yield Measurement(
        "lake-day-merge",
        f"{lake_scale.NEW_EVENTS:,} new events into that day",
        rounded(day.merge_seconds, 2),
        "s",
        f"{lake_scale.DAY_ROWS / day.merge_seconds / 1000:,.0f} thousand rows/s of the day are"
        " looked through, to match and to audit them",
    )
    # Ids that each run of the job before read, by rows of the table (decision 13).
    ids_read = dict(zip(lake_scale.TABLE_ROWS, (34, 138, 413, 826), strict=True))
    tables = list(lake_scale.grown_tables())
    for table in tables:
        millions = table.rows // 1_000_000
        title = f"{lake_scale.NEW_EVENTS:,} new events into {millions} million rows"
        yield Measurement(
            f"lake-merge-{millions}m-read",
            f"{title}, read of the table",
            rounded(table.mebibytes_read),
            "MiB",
            f"{ids_read[table.rows]} MiB of ids: folders as versions",
            table.mebibytes_read <= _GROWTH_LIMIT * tables[0].mebibytes_read,
        )
        growth = table.seconds / tables[0].seconds
        yield Measurement(
            f"lake-merge-{millions}m-time",
            title,
            rounded(table.seconds, 2),
            "s",
            f"{millions}x the table: {growth:.1f}x the time" if table is not tables[0] else "",
            growth <= _GROWTH_LIMIT,
        )
    runs = lake_scale.many_runs()
    standing = f"after {lake_scale.RUNS} runs of {lake_scale.NEW_EVENTS:,} events, not compacted"
    yield Measurement(
        "lake-standing",
        f"data files of all snapshots, {standing}",
        rounded(runs.all_bytes / runs.live_bytes, 2),
        "times the live bytes",
        "356 times (computed): folders as versions, an hourly run, kept a day and a month",
    )
    yield Measurement("lake-files", f"live data files, {standing}", runs.live_files, "")
    metadata = rounded(runs.metadata_bytes / 2**20, 2)
    yield Measurement("lake-metadata", f"metadata, {standing}", metadata, "MiB")


def _model() -> Iterator[Measurement]:
    """The model: training on all flights, serving on one core"""
    with tempfile.TemporaryDirectory() as name:
        trained = training.measure(Path(name))
        served = serving.measure(Path(name) / "opt" / "model")
    yield Measurement(
        "training-throughput",
        f"training on {trained.rows:,} flights, per round",
        rounded(trained.rows * trained.rounds / trained.seconds / 1e6, 2),
        "million rows/s",
        f"{trained.overhead:+.0%} time compared with plain XGBoost on the same frames",
        trained.overhead < _TRAINING_LIMIT,
    )
    included = "SageMaker's toolkit, start and reading included"
    job = "the whole training job"
    yield Measurement("training-job-time", job, rounded(trained.job_seconds, 2), "s", included)
    memory = rounded(trained.job_mebibytes)
    yield Measurement("training-job-memory", f"{job}, memory", memory, "MiB")
    title, bare = "serving, one flight a request, one core", "the bare booster"
    for percentile, milliseconds, bare_milliseconds in (
        ("p50", served.p50_ms, served.bare_p50_ms),
        ("p99", served.p99_ms, served.bare_p99_ms),
    ):
        yield Measurement(
            f"serving-{percentile}",
            f"{title}, {percentile}",
            rounded(milliseconds, 2),
            "ms",
            f"{bare_milliseconds:.1f} ms: {bare}",
        )
    yield Measurement(
        "serving-throughput",
        title,
        rounded(served.requests_a_second),
        "requests/s",
        f"{served.bare_a_second:,.0f}/s: {bare}",
    )


def _quality() -> Iterator[Measurement]:
    """The model: how good it is on the quarter that follows, beside baselines"""
    with tempfile.TemporaryDirectory() as name:
        judged = quality.measure(Path(name))
    low, high = judged.roc_auc_interval
    rates, linear = (judged.baselines[name] for name in ("carrier_and_hour", "logistic_regression"))
    gain_low, gain_high = judged.gain_interval
    last_quarter = "last quarter of the year, an hour before departure"
    yield Measurement(
        "model-auc",
        f"ROC AUC of the model, {last_quarter}",
        rounded(judged.roc_auc),
        "",
        f"{low:.3f} to {high:.3f} (95 %, days drawn again); {rates:.3f}: the rate by carrier and"
        f" hour; {linear:.3f}: a linear model of the same features, which it beats by"
        f" {gain_low:.3f} to {gain_high:.3f}",
        gain_low > 0,
    )
    yield Measurement("model-pr-auc", f"PR AUC, {last_quarter}", rounded(judged.pr_auc), "")
    yield Measurement("model-brier", f"Brier score, {last_quarter}", rounded(judged.brier), "")
    error = rounded(judged.ece)
    yield Measurement("model-ece", f"expected calibration error, {last_quarter}", error, "")


def _ablation() -> Iterator[Measurement]:
    """The model: what each group of features adds, and what a split by chance would pretend"""
    with tempfile.TemporaryDirectory() as name:
        variants = ablation.measure(Path(name))
    for row in variants:
        flights, beside = "a quarter of all flights", "flights of one hour are on both sides"
        if row.difference:
            low, high = row.difference
            flights, beside = "last quarter", f"{low:+.3f} to {high:+.3f} beside the model"
        yield Measurement(
            f"auc-{row.variant.replace(' ', '-').replace(chr(39), '')}",
            f"ROC AUC, {flights}: {row.variant}",
            rounded(row.test),
            "",
            f"{beside}; {row.validation:.3f} on the validation split",
        )


_WAYS = {
    "model": "the model, calibrated, with the weather of the week before",
    "uncalibrated": "the model without calibration",
    "observed": "the model with the weather that followed, which nobody knows",
    "a_week_ago": "as a week ago",
    "a_week_ago_with_band": "as a week ago, with a band",
    "mstl": "MSTL of statsforecast 2.0.1",
}


def _forecast() -> Iterator[Measurement]:
    """Forecasts of electricity demand, beside a week ago and MSTL"""
    with tempfile.TemporaryDirectory() as name:
        ways = forecasts.measure(Path(name))
    for way, judged in ways.items():
        low, high = judged.wql_interval
        beside = f"{low:.4f} to {high:.4f} (95 %, days drawn again); MAPE {judged.mape:.1%}"
        more = judged.loses_more
        if way != "model":
            beside += f"; {more[0]:+.4f} to {more[1]:+.4f} beside the model"
        yield Measurement(
            f"forecast-wql-{way.replace('_', '-')}",
            f"wQL of 13 weeks of demand: {_WAYS[way]}",
            rounded(judged.wql),
            "",
            beside,
            more[0] > 0 or way in ("model", "uncalibrated", "observed"),
        )
        if way == "a_week_ago":  # one number for all quantiles: there is no band
            continue
        low, high = judged.coverage_interval
        yield Measurement(
            f"forecast-coverage-{way.replace('_', '-')}",
            f"half hours in the 80 % band: {_WAYS[way]}",
            rounded(100 * judged.coverage),
            "%",
            f"{low:.1%} to {high:.1%} (95 %, days drawn again)",
            way != "model" or 0.75 <= judged.coverage <= 0.85,
        )


def _drift() -> Iterator[Measurement]:
    """The drift check: false alarms, detection, speed and size"""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alarms, detected = drift.curves(folder)
        statistics = drift.statistics(folder)
    for row in alarms[:2]:
        low, high = row.interval
        because = f", by {', '.join(row.features).replace('_', ' ')}" if row.features else ""
        yield Measurement(
            f"drift-alarms-{row.kind.replace(' ', '-')}",
            f"drift check, days that alarm, nothing planted: {row.kind}",
            rounded(100 * row.alarms / row.days),
            "%",
            f"{row.alarms} of {row.days} days{because}; {100 * low:.1f} to {100 * high:.1f} %"
            " (95 %, as if days were independent)",
            row.alarms / row.days <= _FALSE_ALARMS,
        )
    for planted_shift in detected:
        shares = dict(planted_shift.by_flights)
        first, share = next(iter(shares.items()))
        others = ", ".join(
            f"{100 * shares[size]:.0f} %: {size}" for size in shares if size != first
        )
        planted = planted_shift.shift.replace("'", "").replace("%", "-percent")
        yield Measurement(
            f"drift-found-{'-'.join(planted.lower().replace('-percent', ' percent').split())}",
            f"drift check, days that alarm at {first}, planted: {planted_shift.shift}",
            rounded(100 * share),
            "%",
            others,
        )
    once, twice = (drift.seconds(statistics, times * drift.CAPTURES) for times in (1, 2))
    yield Measurement(
        "drift-speed",
        f"drift check, {drift.CAPTURES:,} captures on one core, without S3",
        rounded(once),
        "s",
        f"twice the captures: {twice / once:.1f}x the time",
        twice / once <= _LINEAR,
    )
    import_ms, megabytes = drift.import_milliseconds(), drift.bundle_megabytes()
    yield Measurement(
        "drift-import",
        "drift check, import",
        rounded(import_ms),
        "ms",
        f"limit {_IMPORT_LIMIT_MS} ms, boto3 and its clients included",
        import_ms < _IMPORT_LIMIT_MS,
    )
    yield Measurement(
        "drift-bundle",
        "drift check, bundle",
        rounded(megabytes),
        "MB",
        f"limit {_DRIFT_BUNDLE_LIMIT_MB} MB; 178 MB with NumPy and SciPy",
        megabytes < _DRIFT_BUNDLE_LIMIT_MB,
    )


def _api() -> Iterator[Measurement]:
    """The API: the platform deployed to a local AWS, one flight a request"""
    with tempfile.TemporaryDirectory() as name:
        result = api.measure(Path(name))
    title = "API of the local AWS, one flight"
    yield Measurement(
        "api-p50",
        f"{title}, p50",
        rounded(result.api[0], 2),
        "ms",
        f"the model behind it {result.model[0]:.1f} ms; gateway and function add"
        f" {result.api[0] - result.runtime[0]:.0f} ms, a process started for each invocation"
        f" included; the runtime {result.runtime[0] - result.model[0]:.0f} ms",
    )
    yield Measurement("api-p99", f"{title}, p99", rounded(result.api[1], 3), "ms")
    import_ms = rounded(result.import_ms)
    yield Measurement("api-import", "the API's function, import", import_ms, "ms", "boto3 included")


def _language() -> Iterator[Measurement]:
    """The language chain: split and merge, and what a document takes"""
    speed = language.speed()
    yield Measurement(
        "language-split",
        "language chain, split",
        rounded(speed.split),
        "MB/s",
        f"{speed.bare_split:.0f} MB/s: cutting at fixed lengths",
    )
    yield Measurement(
        "language-merge",
        "language chain, merge",
        rounded(speed.merge),
        "MB/s",
        f"{speed.bare_merge:.0f} MB/s: joining the pieces only",
    )
    with tempfile.TemporaryDirectory() as name:
        counted = language.count(Path(name))
    yield from _simulated_rates()
    naive_way = "a state for each request and 5 KB"
    for document in counted.documents:
        size = f"{document.kilobytes} KB"
        naive = language.naive(1000, document.kilobytes * 1000)
        yield Measurement(
            f"document-{document.kilobytes}kb-transitions",
            f"a document of {size}",
            document.transitions,
            "transitions",
            f"{naive.transitions // 1000}: {naive_way}; {document.parts} are parts",
        )
        yield Measurement(
            f"documents-{document.kilobytes}kb-usd",
            f"1,000 documents of {size}, without Translate and Comprehend",
            rounded(document.orchestration_usd),
            "USD",
            f"{naive.usd:.2f} USD: {naive_way}; Translate and Comprehend cost"
            f" {document.services_usd:,.0f} USD",
        )
    for compared in language.compared():
        ours, before, beside = compared.ours, compared.before, compared.naive
        for unit, title, count, counts_beside in (
            ("calls", "calls", ours.calls, (before.calls, beside.calls)),
            ("transitions", "states", ours.transitions, (before.transitions, beside.transitions)),
        ):
            yield Measurement(
                f"language-{compared.name}-{unit}",
                f"{compared.title}: {title}, computed",
                count,
                unit,
                f"{counts_beside[0]:,} with every API asked for each 4.9 KB;"
                f" {counts_beside[1]:,} naively",
            )
        yield Measurement(
            f"language-{compared.name}-usd",
            f"{compared.title}: orchestration, computed",
            rounded(ours.usd),
            "USD",
            f"{before.usd:,.2f} USD with every API asked for each 4.9 KB; {beside.usd:,.2f} USD"
            " naively",
        )
    yield Measurement(
        "documents-many",
        f"{language.DOCUMENTS} documents in the local AWS, five at a time",
        rounded(counted.seconds_for_many, 2),
        "s",
        f"{counted.seconds_for_many / language.DOCUMENTS:.2f} s a document",
    )
    rate = counted.rate
    yield Measurement(
        "documents-rate",
        f"{language.DOCUMENTS} documents at once, DetectSentiment",
        rounded(rate.a_second),
        "calls/s",
        f"bound {language.BOUND}/s; at most {rate.most_in_a_second} in any second, {rate.throttled}"
        " of all calls throttled and made again; no document lost",
        0.9 * language.BOUND <= rate.a_second <= language.BOUND,
    )


def _simulated_rates() -> Iterator[Measurement]:
    for bound in (20, 100):
        throttled = language.simulated(bound, most_late_seconds=0.3)
        yield Measurement(
            f"language-turns-{bound}",
            f"calls by turns at a quota of {bound}/s that are throttled, simulated",
            rounded(100 * throttled.by_bucket),
            "%",
            f"{100 * throttled.by_sliding_second:.0f} % by a sliding second, of which the fullest"
            f" has {throttled.most_in_a_second}; calls are up to 0.3 s late",
        )


def _read(of_set: str, kind: str, title: str, outcome: corpus.Outcome, *beside: str) -> Measurement:
    refused = f"{outcome.refused} refused, {len(outcome.wrong)} wrong"
    return Measurement(
        f"documents-{of_set}-{kind}",
        f"{outcome.files} {title}, of the {of_set}: right",
        rounded(100 * outcome.right / outcome.files),
        "%",
        "; ".join((refused, *beside)),
        not outcome.wrong,
    )


def _documents() -> Iterator[Measurement]:
    """Files of known texts in every charset and format, and the function that reads them"""
    for of_set in corpus.SETS:
        plain = list(corpus.plain_files(of_set))
        outcome = corpus.measure(plain)
        alone = [corpus.measure_alone(plain, name) for name in ("chardet", "charset-normalizer")]
        yield _read(of_set, "plain", "texts that declare no charset", outcome, *alone)
        outcome = corpus.measure(corpus.formatted_files(of_set))
        yield _read(of_set, "formatted", "files in 15 formats", outcome)
    folder = lambda_bundle("language_chain/split_document", ENVIRONMENTS["sandbox"].lambda_target)
    megabytes = corpus.megabytes(folder)
    yield Measurement(
        "documents-bundle",
        "the function that reads documents, bundle unpacked",
        rounded(megabytes),
        "MB",
        f"limit {_SPLIT_BUNDLE_LIMIT_MB} MB",
        megabytes < _SPLIT_BUNDLE_LIMIT_MB,
    )
    variables = {"FORMATS": "text", "JSON_LINES_FIELD": "text", "RESULTS_BUCKET": "results"}
    milliseconds = import_ms("language_chain/split_document", variables)
    yield Measurement(
        "documents-import",
        "the function that reads documents, import",
        rounded(milliseconds),
        "ms",
        f"limit {_SPLIT_IMPORT_LIMIT_MS} ms, boto3 included; a reader is imported with its format",
        milliseconds < _SPLIT_IMPORT_LIMIT_MS,
    )


def _site() -> Iterator[Measurement]:
    """The site"""
    seconds = commands.seconds(["make", "docs"])
    pages = sum(1 for _ in build.SITE.rglob("*.html"))
    yield Measurement("site-pages", "pages of the site", pages, "")
    yield Measurement("site-size", "size of the site", rounded(build.size() / 1e6, 2), "MB")
    yield Measurement("site-time", "the site is built", rounded(seconds, 2), "s")


def _wall() -> Iterator[Measurement]:
    """Whole commands in a fresh clone with empty caches"""
    with commands.clone() as folder:
        for target in ("demo", "test"):
            first, again = (commands.seconds(["make", target], folder) for _ in range(2))
            title = f"make {target} in a fresh clone, everything fetched"
            yield Measurement(f"{target}-first", title, rounded(first), "s")
            yield Measurement(f"{target}-again", f"make {target}, again", rounded(again), "s")


PARTS: Mapping[str, Callable[[], Iterator[Measurement]]] = {
    "synth": _synth,
    "transform": _transform,
    "bundle": _bundle,
    "curate": _curate,
    "lake": _lake,
    "model": _model,
    "quality": _quality,
    "ablation": _ablation,
    "forecast": _forecast,
    "drift": _drift,
    "api": _api,
    "language": _language,
    "documents": _documents,
    "site": _site,
    "wall": _wall,
}
# These take minutes each, so only by name.
BY_NAME_ONLY = ("ablation", "lake", "site", "wall")
