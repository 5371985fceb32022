"""The site, built once for all workers and served on this machine, and a browser."""

import fcntl
import pickle
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, sync_playwright

from stacks.catalogue import ARCHITECTURES
from tests.tools.conftest import Assemblies
from tools.costs import sensitivity
from tools.site import browser as browsers
from tools.site import build
from tools.site.architecture_page import Sources


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="session")
def sources(
    shared: Path, assemble: Assemblies, tmp_path_factory: pytest.TempPathFactory
) -> Sources:
    """What the architectures' pages are made from; one worker prices the candidates."""
    file = shared / "changes.pickle"
    with (shared / "changes.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            file.write_bytes(pickle.dumps(sensitivity.ranked(ARCHITECTURES)))
    changes = pickle.loads(file.read_bytes())  # noqa: S301  # written above
    assemblies = {environment: assemble(environment) for environment in build.ENVIRONMENTS}
    return Sources(assemblies, changes, tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="session")
def site(shared: Path, request: pytest.FixtureRequest) -> Path:
    """The site; the first worker that asks for it builds it."""
    folder = shared / "site"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            build.gather(shared / "gathered")
            build.gather_architectures(request.getfixturevalue("sources"), shared / "gathered")
            build.build(shared / "partial", shared / "gathered")
            (shared / "partial").rename(folder)
    return folder


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        installed = browsers.find()
    except browsers.BrowserError as error:
        pytest.fail(str(error))
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(**installed.options)
        yield running
        running.close()
