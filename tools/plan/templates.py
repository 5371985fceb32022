"""The templates of the work tree and of a revision, kept by the content that they come from."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from repository import BUILD, ROOT, extract
from stacks.catalogue import CHOICE
from tools.assembly import Templates
from tools.plan.errors import PlanError

PLANS = BUILD / "plan"
# What a revision shares with the work tree: bundles are named after their content.
_SHARED = (".build", ".venv", "node_modules")
_KEPT_SECONDS = 3 * 24 * 3600


@dataclass(frozen=True)
class Request:
    """What to synthesise."""

    environment: str
    architecture: str
    """Empty: all."""
    settings: Mapping[str, str]

    @property
    def name(self) -> str:
        """A folder name that no other request has."""
        digest = hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:12]
        return f"{self.environment}-{digest}"

    @property
    def context(self) -> dict[str, str]:
        """The `-c` keys of the app."""
        choice = {CHOICE: self.architecture} if self.architecture else {}
        return {"env": self.environment, **choice, **self.settings}


def both(request: Request, base: str) -> tuple[Templates, Templates, str]:
    """The templates of the revision `base`, those of the work tree, and a name for `base`.

    Raises PlanError.
    """
    revision = _revision(base)
    name = f"{base} ({revision[:7]})"
    _forget_old()
    content, work_content = _tree_id(revision), _tree_id_of_work_tree()
    with ThreadPoolExecutor(2) as pool:
        old = pool.submit(_of_revision, revision, PLANS / content, name, request)
        if work_content == content:
            return old.result(), old.result(), name
        new = pool.submit(_of_work_tree, PLANS / work_content, request)
        return old.result(), new.result(), name


def _revision(base: str) -> str:
    process = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    if process.returncode == 0:
        return process.stdout.decode().strip()
    if _git("rev-parse", "--git-dir").returncode != 0:
        raise PlanError(
            f"{ROOT} is no Git repository, so there is nothing to compare with. Run it in a clone."
        )
    raise PlanError(f"BASE={base}: no such revision. Name a commit, a branch or a tag.")


def _git(
    *arguments: str, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, **(variables or {})}
    command = ["git", *arguments]
    try:
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    except FileNotFoundError:
        raise PlanError("Git is not installed. A plan compares with a commit.") from None


def _tree_id(revision: str) -> str:
    """The name that Git gives to the content of a revision."""
    return _git("rev-parse", f"{revision}^{{tree}}").stdout.decode().strip()


def _tree_id_of_work_tree() -> str:
    """The name that Git would give to the work tree if it were committed; the repository stays.

    So what a commit holds is synthesised once, before or after it is committed.
    """
    objects = ROOT / _git("rev-parse", "--git-path", "objects").stdout.decode().strip()
    with tempfile.TemporaryDirectory(prefix="plan-") as folder:
        Path(folder, "objects").mkdir()
        variables = {
            "GIT_INDEX_FILE": f"{folder}/index",
            "GIT_OBJECT_DIRECTORY": f"{folder}/objects",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects),
        }
        for command in (("add", "--all"), ("write-tree",)):
            process = _git(*command, variables=variables)
            if process.returncode != 0:
                raise PlanError(f"git {' '.join(command)}: {process.stderr.decode().strip()}")
    return process.stdout.decode().strip()


def _forget_old() -> None:
    """Remove what no plan has used for some days."""
    for folder in PLANS.glob("*/"):
        if time.time() - folder.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _of_revision(revision: str, folder: Path, name: str, request: Request) -> Templates:
    tree, output = folder / "tree", folder / request.name
    if output.exists():
        return _read(output)
    if not tree.exists():
        _unpack(revision, tree)
    try:
        _synthesise(tree, request.context, output, name)
    except PlanError:
        if not request.architecture:
            raise
        # The revision may be older than the choice, or than the architecture itself.
        everything = Request(request.environment, "", request.settings)
        output = folder / everything.name
        if not output.exists():
            _synthesise(tree, everything.context, output, name)
    return _read(output)


def _of_work_tree(folder: Path, request: Request) -> Templates:
    output = folder / request.name
    if not output.exists():
        _synthesise(ROOT, request.context, output, "The work tree")
    return _read(output)


def _unpack(revision: str, tree: Path) -> None:
    archive_process = _git("archive", "--format=tar", revision)
    if archive_process.returncode != 0:
        raise PlanError(f"git archive {revision}: {archive_process.stderr.decode().strip()}")
    # Renamed when complete: an interrupted run leaves nothing that looks finished.
    partial = tree.with_name(f"tree.{os.getpid()}")
    with tarfile.open(fileobj=io.BytesIO(archive_process.stdout)) as archive:
        extract(archive, partial)
    for shared in _SHARED:
        (partial / shared).symlink_to(ROOT / shared)
    partial.rename(tree)


def _read(output: Path) -> Templates:
    os.utime(output.parent)
    return {
        file.name.removesuffix(".template.json"): json.loads(file.read_text())
        for file in sorted(output.glob("*.template.json"))
    }


def _synthesise(tree: Path, context: Mapping[str, Any], output: Path, name: str) -> None:
    """Run the tree's own `app.py`, so that any revision works. Raises PlanError."""
    partial = output.with_name(f"{output.name}.{os.getpid()}")
    try:
        _run_app(tree, context, partial, name)
        shutil.rmtree(output, ignore_errors=True)
        partial.rename(output)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _run_app(tree: Path, context: Mapping[str, Any], output: Path, name: str) -> None:
    options = {"aws:cdk:enable-path-metadata": True, "aws:cdk:disable-asset-staging": True}
    settings = {
        "CDK_CONTEXT_JSON": json.dumps({**context, **options}),
        "CDK_OUTDIR": str(output),
    }
    process = subprocess.run(
        [sys.executable, "app.py"],
        cwd=tree, env={**os.environ, **settings}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if process.returncode != 0:
        message = process.stderr.strip() or f"app.py ended with exit code {process.returncode}"
        # The gate's message is for the user; of a traceback, the last line is.
        if message.startswith("Traceback"):
            message = message.splitlines()[-1]
        raise PlanError(f"{name} does not synthesise for {context['env']}: {message}")
