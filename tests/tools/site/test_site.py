"""The site as readers meet it, in a real browser: it loads, leads somewhere, and can be read."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page

from lambdas.streaming_lake.transform_flight_events.transform import transform
from repository import ROOT
from stacks.catalogue import ARCHITECTURES
from tests.conftest import Templates
from tools.site import coverage
from tools.site.pictures import nodes

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
SECTIONS = [
    "The picture",
    "Run it here",
    "The code, annotated",
    "Workflows, rights and keys",
    "What it costs",
    "Deploy and destroy",
    "Alarms, and what to do",
    "By its former name",
]
# One of each kind of source; their pages differ in nothing else.
SOURCES = (
    "code/stacks/streaming_lake/storage.py.html",
    "code/step_functions/language_chain/language_part.asl.json.html",
    "code/sql/streaming_lake/training_set.sql.html",
    "code/stacks/shared/gate/closed.toml.html",
)


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[str, BeautifulSoup]:
    """Address -> page, of every page."""
    return {
        str(file.relative_to(site)): BeautifulSoup(file.read_text(), "html.parser")
        for file in sorted(site.rglob("*.html"))
        if file.name != "404.html"
    }


@pytest.fixture(params=ARCHITECTURES)
def architecture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        yield context.new_page()


def test_every_page_loads_without_an_error_and_asks_no_other_host(
    browser: Browser, address: str, pages: dict[str, BeautifulSoup]
) -> None:
    wrong: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda asked: wrong.append(asked.url) if _elsewhere(asked.url, address) else None,
        )
        for name in pages:
            answer = page.goto(f"{address}/{name}")
            assert answer
            assert answer.ok, name
            assert not wrong, name


def _elsewhere(url: str, address: str) -> bool:
    return not url.startswith((address, "data:", "blob:"))


def test_every_link_leads_to_a_page_and_to_a_place_on_it(pages: dict[str, BeautifulSoup]) -> None:
    places = {
        name: {str(tag["id"]) for tag in page.find_all(id=True)} for name, page in pages.items()
    }
    for name, page in pages.items():
        for link in page.find_all("a", href=True):
            target = urlsplit(str(link["href"]))
            if target.scheme or not (target.path or target.fragment):
                continue
            found = _resolved(name, target.path) if target.path else name
            assert found in places, f"{name} -> {link['href']}"
            fragment = unquote(target.fragment)
            assert not fragment or fragment in places[found], f"{name} -> {link['href']}"


def _resolved(name: str, path: str) -> str:
    parts: list[str] = name.split("/")[:-1]
    for part in path.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts) or "index.html"


def test_an_architecture_is_told_in_the_same_order(
    pages: dict[str, BeautifulSoup], architecture: str
) -> None:
    headings = pages[f"architectures/{architecture}.html"].find_all("h2")
    assert [_text(each) for each in headings] == SECTIONS


def _text(tag: Any) -> str:
    return str(tag.get_text()).replace("¶", "").strip()


def test_each_node_of_a_picture_is_there_and_leads_to_what_is_said_of_it(
    page: Page, address: str, architecture: str, synthesise: Templates
) -> None:
    page.goto(f"{address}/architectures/{architecture}.html")
    shown = page.locator(".diagram--wide svg")
    assert shown.is_visible()
    text = shown.text_content() or ""
    for node in nodes(architecture, synthesise("sandbox")):
        assert node.service in text, node
    links = shown.locator("a[class^='picture-'][href]")
    assert links.count() == len(nodes(architecture, synthesise("sandbox")))
    links.first.focus()
    page.keyboard.press("Enter")
    place = page.url.partition("#")[2]
    assert page.locator(f"[id='{place}']").is_visible()


def test_the_keyboard_alone_skips_to_the_text_and_goes_through_it(
    page: Page, address: str, architecture: str
) -> None:
    page.goto(f"{address}/architectures/{architecture}.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.classList.contains('md-skip')")
    page.keyboard.press("Enter")
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.closest('.diagram') !== null"))
    assert True in reached


@pytest.mark.parametrize(
    ("old", "name"),
    [
        ("Elasticsearch", "streaming-lake"),
        ("Kinesis Data Analytics", "streaming-lake"),
        ("AWS SSO", "ml-platform"),
    ],
)
def test_search_finds_an_architecture_by_a_services_old_name(
    page: Page, address: str, old: str, name: str
) -> None:
    page.goto(address)
    page.keyboard.press("/")
    page.keyboard.type(old, delay=10)
    page.locator(".md-search-result__link").first.wait_for()
    page.locator(f".md-search-result__link[href*='architectures/{name}']").first.wait_for()


def test_pages_and_search_work_from_the_file_system(browser: Browser, site: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((site / "index.html").as_uri())
        page.keyboard.press("/")
        page.keyboard.type("Firehose", delay=10)
        page.locator(".md-search-result__link").first.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_everybody_can_read_it(
    browser: Browser, address: str, pages: dict[str, BeautifulSoup], scheme: Any, width: int
) -> None:
    """Contrast, names, order of headings, focus: axe finds nothing; nothing runs off a phone."""
    read = [name for name in pages if not name.startswith(("code/", "reports/"))]
    with browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        for name in (*read, *SOURCES):
            page.goto(f"{address}/{name}")
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is {wide} pixels wide"
            found = _complaints(page)
            assert not found, f"{name}, {scheme}, {width}:\n{found}"


def _complaints(page: Page) -> str:
    page.evaluate(AXE)
    told = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})"
    )
    return "\n".join(
        f"{rule['id']}: {rule['help']}: {json.dumps([n['html'][:160] for n in rule['nodes'][:3]])}"
        for rule in told["violations"]
    )


def test_a_reader_finds_what_a_weekend_costs(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("article a", has_text="the streaming lake").first.click()
    page.locator(".md-sidebar--secondary a", has_text="What it costs").first.click()
    weekend = page.locator("h3", has_text="Left running for a weekend")
    told = weekend.locator("xpath=following-sibling::*[1]").inner_text()
    assert re.search(r"sandbox.*\d\.\d\d", told, re.DOTALL), told


def test_a_reader_finds_what_the_transform_may_do(page: Page, address: str) -> None:
    page.goto(f"{address}/architectures/streaming-lake.html")
    rights = page.locator("h4#transformrole ~ div table").first.inner_text()
    assert "s3:PutObject" in rights
    assert "{Storage/Lake.Arn}/rejected/*" in rights


def test_a_reader_finds_where_the_table_of_storage_classes_is_encoded(
    page: Page, address: str
) -> None:
    page.goto(f"{address}/coverage.html")
    row = page.locator("tr", has=page.locator("a[id='ST-05']"))
    row.locator("td a[href]").last.click()
    assert "storage.py" in page.url
    place = page.url.partition("#")[2]
    said = page.locator(f".passage:has([id='{place}'])").inner_text()
    assert "ST-05" in said
    assert "GLACIER_INSTANT_RETRIEVAL" in said


def test_a_note_that_code_names_is_told_beside_it(pages: dict[str, BeautifulSoup]) -> None:
    card = pages["code/stacks/streaming_lake/storage.py.html"].find("details", class_="card")
    assert card
    assert coverage.row("ST-09").note in card.get_text()


def test_the_event_of_the_lakes_page_is_one_that_the_lake_takes(
    pages: dict[str, BeautifulSoup],
) -> None:
    text = pages["architectures/streaming-lake.html"].get_text()
    (event,) = re.findall(r"cat > event\.json <<'END'\n(\{.*?\})\nEND", text, re.DOTALL)
    line = event.replace("\n", "").encode()
    assert transform(line, "2026-11-28T00:00:00Z").accepted == 1
