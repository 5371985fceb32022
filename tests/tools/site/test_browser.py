"""The browser of the tests: the one that is named, npm's, or an installed Chrome."""

from pathlib import Path

import pytest

from tools.site import browser
from tools.site.browser import BrowserError


@pytest.fixture(autouse=True)
def _no_other_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)


def test_a_browser_that_is_named_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "chrome"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(program))
    browser.check()
    assert browser.find().options["executable_path"] == str(program)


def test_a_named_browser_that_does_not_exist_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chrome")
    with pytest.raises(BrowserError, match="CHROMIUM=/nowhere/chrome: there is no program"):
        browser.find()


def test_elsewhere_an_installed_chrome_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setitem(browser._CHROME, "Darwin", tmp_path)
    browser.check()
    assert browser.find().options == {"channel": "chrome"}


def test_without_a_browser_the_check_says_where_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setitem(browser._CHROME, "Darwin", tmp_path / "none")
    monkeypatch.setattr("sys.argv", ["browser", "--check"])
    assert browser.main() == 1
    message = capsys.readouterr().err
    assert "CHROMIUM=/path/to/chromium" in message
    assert message.count("\n") == 1
