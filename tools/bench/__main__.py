"""`make bench`: every figure beside what it is compared to; fails if a limit is passed."""

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from rich.console import Console
from rich.table import Table

from repository import ROOT
from stacks.catalogue import ENVIRONMENTS
from stacks.shared.bundle import lambda_bundle
from tools.bench import api, curate, language, serving, synth, training, transform

Row = tuple[str, str, str, bool]


def main(*, wall: bool) -> int:
    """Measure and print; returns how many limits were passed."""
    table = Table(title="Figures, and what they are compared to", title_justify="left")
    for heading in ("", "figure", "measured", "compared to"):
        table.add_column(heading, overflow="fold")
    failed = 0
    parts = [
        _synth,
        _transform,
        _bundle,
        _curate,
        _model,
        _api,
        _language,
        *([_wall] if wall else []),
    ]
    console = Console()
    for part in parts:
        with console.status(part.__doc__ or ""):
            for name, measured, compared, passed in part():
                failed += not passed
                table.add_row("✓" if passed else "✗", name, measured, compared)
    console.print(table)
    return failed


def _synth() -> Iterator[Row]:
    """Synthesis"""
    found = synth.measure()
    per = 1000 / found.equal_resources
    yield (
        "synth, per resource",
        f"{found.python_seconds * per:.1f} ms",
        f"{found.javascript_seconds * per:.1f} ms, the equal app of {found.equal_resources} "
        f"resources in JavaScript: {found.ratio:.2f}x (limit 2x)",
        found.ratio <= 2,
    )
    yield (
        f"synth of this app, {found.own_resources} resources, gate included",
        f"{found.own_seconds:.1f} s",
        "",
        True,
    )


def _transform() -> Iterator[Row]:
    """The transform Lambda"""
    found = transform.measure()
    yield (
        "transform, base64 included",
        f"{found.transform_mb_a_second:.0f} MB/s a core",
        f"{found.orjson_mb_a_second:.0f} MB/s of a bare orjson loop: {found.ratio:.2f} of it "
        "(limit a third); a shard brings 1 MB/s",
        found.ratio >= 1 / 3,
    )
    yield ("transform, import", f"{found.import_ms:.0f} ms", "boto3 and its clients included", True)


def _bundle() -> Iterator[Row]:
    """The Lambda bundle"""
    folder = lambda_bundle(
        "streaming_lake/transform_flight_events", ENVIRONMENTS["sandbox"].lambda_target
    )
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.rglob("*"):
            archive.write(file, file.relative_to(folder))
    megabytes = packed.tell() / 1e6
    yield ("transform, bundle zipped", f"{megabytes:.1f} MB", "limit 5 MB", megabytes < 5)


def _curate() -> Iterator[Row]:
    """The Spark job, at three sizes"""
    first, *larger = [curate.measure(scale) for scale in curate.SCALES]
    yield (
        f"Spark job, {first.flights:,} flights",
        f"{first.seconds:.1f} s, {first.mebibytes:,.0f} MiB",
        "1x",
        True,
    )
    for each in larger:
        times = each.seconds / first.seconds
        more = each.mebibytes / first.mebibytes
        yield (
            f"Spark job, {each.flights:,} flights",
            f"{each.seconds:.1f} s, {each.mebibytes:,.0f} MiB",
            f"{each.scale}x the flights: {times:.1f}x the time, {more:.1f}x the memory",
            times <= each.scale and more <= each.scale,
        )


def _model() -> Iterator[Row]:
    """The model: training on all flights, serving on one core"""
    with tempfile.TemporaryDirectory() as name:
        trained = training.measure(Path(name))
        served = serving.measure(Path(name) / "opt" / "model")
    yield (
        f"training, {trained.rows:,} flights, {trained.rounds} rounds",
        f"{trained.rows * trained.rounds / trained.seconds / 1e6:.1f} million rows/s a round",
        f"plain XGBoost on the same frames: {trained.overhead:+.1%} time (limit +10%)",
        trained.overhead < 0.1,
    )
    yield (
        "training job, whole",
        f"{trained.job_seconds:.0f} s, {trained.job_mebibytes:,.0f} MiB",
        "SageMaker's toolkit, start and reading included",
        True,
    )
    yield (
        "ROC AUC on the test split",
        f"{trained.roc_auc:.3f}",
        f"{trained.baseline_roc_auc:.3f} of the rate by carrier and hour",
        trained.roc_auc > trained.baseline_roc_auc,
    )
    yield (
        "serving, one flight a request, one core",
        f"p50 {served.p50_ms:.2f} ms, p99 {served.p99_ms:.2f} ms, "
        f"{served.requests_a_second:,.0f} requests/s",
        f"bare booster: p50 {served.bare_p50_ms:.2f} ms, p99 {served.bare_p99_ms:.2f} ms, "
        f"{served.bare_a_second:,.0f}/s",
        True,
    )


def _api() -> Iterator[Row]:
    """The API: the platform deployed into an embedded AWS, asked for one flight at a time"""
    with tempfile.TemporaryDirectory() as name:
        found = api.measure(Path(name))
    yield (
        "API of the embedded AWS, one flight",
        f"p50 {found.api[0]:.0f} ms, p99 {found.api[1]:.0f} ms",
        f"the served model: p50 {found.model[0]:.1f} ms, p99 {found.model[1]:.1f} ms; gateway and "
        f"function add {found.api[0] - found.runtime[0]:.0f} ms, the runtime with IAM and capture "
        f"{found.runtime[0] - found.model[0]:.0f} ms",
        True,
    )
    yield ("API's function, import", f"{found.import_ms:.0f} ms", "boto3 included", True)


def _language() -> Iterator[Row]:
    """The language chain: cutting and merging, and what a document takes and costs"""
    cut = language.speed()
    yield (
        "language chain, split; merge",
        f"{cut.split:.0f} MB/s, Japanese {cut.split_without_spaces:.1f} MB/s; {cut.merge:.0f} MB/s",
        f"{cut.bare_split:.0f} MB/s cut blindly; {cut.bare_merge:.0f} MB/s read off and joined",
        True,
    )
    with tempfile.TemporaryDirectory() as name:
        found = language.sandbox(Path(name))
    for each in found.documents:
        yield (
            f"a document of {each.kilobytes} KB",
            f"{each.transitions} transitions, {each.functions} functions, {each.parts} parts",
            f"one function a service and chunk: {each.naive_transitions} transitions, "
            f"{each.naive_functions} functions",
            True,
        )
        yield (
            f"1,000 documents of {each.kilobytes} KB, without the services",
            f"{each.orchestration_usd:.2f} USD",
            f"{each.naive_usd:.2f} USD that way; Translate and Comprehend "
            f"{each.services_usd:.0f} USD either way",
            each.orchestration_usd < each.naive_usd or each.kilobytes < 10,
        )
    yield (
        f"{language.DOCUMENTS} documents in the embedded AWS, five at a time",
        f"{found.seconds_for_many:.0f} s",
        f"{found.seconds_for_many / language.DOCUMENTS:.2f} s a document",
        True,
    )


def _wall() -> Iterator[Row]:
    """Wall times in a fresh clone with an empty cache"""
    with tempfile.TemporaryDirectory() as name:
        clone = Path(name) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        fresh = {**os.environ, "HOME": name, "XDG_CACHE_HOME": f"{name}/cache"}
        fresh["PATH"] = os.pathsep.join(
            part for part in os.environ["PATH"].split(os.pathsep) if str(ROOT) not in part
        )
        for target in ("demo", "test"):
            seconds = []
            for _ in range(2):
                started = time.monotonic()
                subprocess.run(
                    ["make", target], cwd=clone, env=fresh, check=True, stdout=subprocess.DEVNULL
                )
                seconds.append(time.monotonic() - started)
            cold = "first, everything fetched" if target == "demo" else "first"
            yield (f"make {target}, {cold}", f"{seconds[0]:.0f} s", "", True)
            yield (f"make {target}, again", f"{seconds[1]:.0f} s", f"{seconds[0]:.0f} s", True)


if __name__ == "__main__":
    sys.exit(min(main(wall="--wall" in sys.argv), 1))
