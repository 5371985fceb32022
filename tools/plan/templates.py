"""The templates of the work tree, and those of a revision: that is unpacked once, and kept."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from repository import ROOT
from tools.assembly import Templates
from tools.plan.errors import PlanError

KEPT = ROOT / ".build" / "plan"
# What a revision does not bring, and shares with the work tree: bundles are kept by their content.
_SHARED = (".build", ".venv", "node_modules")


def both(environment: str, base: str) -> tuple[Templates, Templates, str]:
    """The templates of `base`, those of the work tree, and what `base` is called for a reader.

    Raises PlanError.
    """
    revision = _revision(base)
    name = f"{base} ({revision[:7]})"
    with ThreadPoolExecutor(2) as pool:
        old = pool.submit(_of_revision, revision, name, environment)
        new = pool.submit(
            _synthesised, ROOT, environment, KEPT / "work" / environment, "The work tree"
        )
        return old.result(), new.result(), name


def _revision(base: str) -> str:
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    if found.returncode == 0:
        return found.stdout.decode().strip()
    if _git("rev-parse", "--git-dir").returncode != 0:
        raise PlanError(
            f"{ROOT} is no git repository, so there is nothing to compare with: plan in a clone."
        )
    raise PlanError(f"BASE={base}: git knows no such revision here; name a commit, branch or tag.")


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    except FileNotFoundError:
        raise PlanError("git is not installed, and a plan compares with a commit.") from None


def _of_revision(revision: str, name: str, environment: str) -> Templates:
    folder = KEPT / revision
    if not folder.exists():
        _unpack(revision, folder)
    return _synthesised(folder / "tree", environment, folder / environment, name, keep=True)


def _unpack(revision: str, folder: Path) -> None:
    packed = _git("archive", "--format=tar", revision)
    if packed.returncode != 0:
        raise PlanError(f"git archive {revision}: {packed.stderr.decode().strip()}")
    # Renamed when whole: a run that was stopped leaves nothing that looks finished.
    partial = folder.with_name(f"{revision}.{os.getpid()}")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(partial / "tree", filter="data")
    for shared in _SHARED:
        (partial / "tree" / shared).symlink_to(ROOT / shared)
    partial.rename(folder)


def _synthesised(
    tree: Path, environment: str, output: Path, name: str, *, keep: bool = False
) -> Templates:
    if not (keep and output.exists()):
        partial = output.with_name(f"{output.name}.{os.getpid()}")
        try:
            _synth(tree, environment, partial, name)
            shutil.rmtree(output, ignore_errors=True)
            partial.rename(output)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    found = sorted(output.glob("*.template.json"))
    return {
        each.name.removesuffix(".template.json"): json.loads(each.read_text()) for each in found
    }


def _synth(tree: Path, environment: str, output: Path, name: str) -> None:
    """Run the tree's own `app.py`, so that any revision can be asked. Raises PlanError."""
    context = {
        "env": environment,
        "aws:cdk:enable-path-metadata": True,
        "aws:cdk:disable-asset-staging": True,
    }
    settings = {"CDK_CONTEXT_JSON": json.dumps(context), "CDK_OUTDIR": str(output)}
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=tree, env={**os.environ, **settings}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        said = done.stderr.strip() or f"app.py ended with exit code {done.returncode}"
        # What the gate says is for people; of a crash the last line is.
        if said.startswith("Traceback"):
            said = said.splitlines()[-1]
        raise PlanError(f"{name} does not synthesise for {environment}: {said}")
