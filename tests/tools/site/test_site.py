"""The site in a real browser: pages load, links lead somewhere, and everybody can read it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from lambdas.streaming_lake.transform_flight_events.transform import transform
from repository import ROOT
from stacks.catalogue import ARCHITECTURES
from tests.tools.conftest import Assemblies
from tools.site import coverage
from tools.site.pictures import graph_of

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
SECTIONS = [
    "The picture",
    "Run it here",
    "The code, annotated",
    "Workflows, permissions and keys",
    "What it costs",
    "Deploy and destroy",
    "Alarms, and what to do",
    "Former names",
]
# One source of each language; annotated pages differ in nothing else.
WORKFLOW = min(ROOT.glob("step_functions/*/*.asl.json")).relative_to(ROOT)
SOURCES = (
    "code/stacks/streaming_lake/storage.py.html",
    f"code/{WORKFLOW}.html",
    "code/sql/streaming_lake/training_set.sql.html",
    "code/stacks/shared/gate/closed.toml.html",
)
WORKFLOW_PAGE = "workflows/language-chain/read.html"
DECISION = "decisions/0001-run-everything-on-a-local-aws.html"


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


def _read(pages: dict[str, BeautifulSoup]) -> list[str]:
    """The pages whose markup differs: of sources, workflows and decisions, examples."""
    alike = ("code/", "reports/", "decisions/000", "decisions/001", "workflows/")
    own = [name for name in pages if not name.startswith(alike)]
    return [*own, *SOURCES, WORKFLOW_PAGE, DECISION]


def test_no_page_embeds_anything_of_another_host(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        sources = [str(tag["src"]) for tag in page.find_all(src=True)]
        sources += [str(tag["href"]) for tag in page.find_all("link", href=True)]
        assert not [source for source in sources if "://" in source], name


def test_every_link_leads_to_a_page_and_to_a_place_on_it(pages: dict[str, BeautifulSoup]) -> None:
    places = {
        name: {str(tag["id"]) for tag in page.find_all(id=True)} for name, page in pages.items()
    }
    for name, page in pages.items():
        for link in page.find_all("a", href=True):
            target = urlsplit(str(link["href"]))
            if target.scheme or not (target.path or target.fragment):
                continue
            linked = _resolved(name, target.path) if target.path else name
            assert linked in places, f"{name} -> {link['href']}"
            fragment = unquote(target.fragment)
            assert not fragment or fragment in places[linked], f"{name} -> {link['href']}"


def _resolved(name: str, path: str) -> str:
    parts: list[str] = name.split("/")[:-1]
    for part in path.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts) or "index.html"


def test_the_pages_of_architectures_have_the_same_sections(
    pages: dict[str, BeautifulSoup], architecture: str
) -> None:
    headings = pages[f"architectures/{architecture}.html"].find_all("h2")
    titles = [_text(heading) for heading in headings]
    assert titles == SECTIONS


def _text(tag: Any) -> str:
    return str(tag.get_text()).replace("¶", "").strip()


def test_each_node_of_a_picture_is_visible_and_links_to_its_section(
    page: Page, address: str, architecture: str, assemble: Assemblies
) -> None:
    page.goto(f"{address}/architectures/{architecture}.html")
    picture = page.locator(".diagram--wide svg")
    assert picture.is_visible()
    text = picture.text_content() or ""
    nodes = graph_of(architecture, assemble("sandbox")).nodes
    for node in nodes:
        assert node.service in text, node
    links = picture.locator("a[class^='picture-'][href]")
    assert links.count() == len(nodes)
    links.first.focus()
    page.keyboard.press("Enter")
    place = page.url.partition("#")[2]
    assert page.locator(f"[id='{place}']").is_visible()


def test_each_architecture_is_one_click_away_from_any_page(
    page: Page, address: str, architecture: str
) -> None:
    page.goto(f"{address}/settings.html")
    page.locator(".tabs-menu", has_text="Architectures").hover()
    page.locator(f".tabs-menu a[href$='{architecture}.html']").last.click()
    assert page.url == f"{address}/architectures/{architecture}.html"


def test_the_keyboard_skips_to_the_content_and_reaches_the_picture(
    page: Page, address: str, architecture: str
) -> None:
    page.goto(f"{address}/architectures/{architecture}.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.classList.contains('md-skip')")
    page.keyboard.press("Enter")
    in_picture = "document.activeElement.closest('.diagram') !== null"
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate(in_picture):
            return
    pytest.fail("the keyboard does not reach the picture")


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


# Colours depend on the scheme and layout on the width, so each is tried once.
@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1440)])
def test_everybody_can_read_it(
    browser: Browser, address: str, pages: dict[str, BeautifulSoup], scheme: Any, width: int
) -> None:
    """A page loads without an error or another host; axe finds nothing; a phone is wide enough."""
    with browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        problems = _problems(page, address)
        for name in _read(pages):
            response = page.goto(f"{address}/{name}")
            assert response
            assert response.ok, name
            assert not problems, name
            pixels = page.evaluate("document.documentElement.scrollWidth")
            assert pixels <= width, f"{name} is {pixels} pixels wide"
            violations = _violations(page, name)
            assert not violations, f"{name}, {scheme}, {width}:\n{violations}"


def _problems(page: Page, address: str) -> list[str]:
    """A list that grows by each error of the page's scripts and each request to another host."""
    problems: list[str] = []

    def log(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(message.text)

    def check(request: Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            problems.append(request.url)

    page.on("console", log)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", check)
    return problems


def _violations(page: Page, name: str) -> str:
    """What axe complains about. Annotated code is checked on pages of its own."""
    scope = "document" if name in SOURCES else "{exclude: ['.annotated pre']}"
    page.evaluate(AXE)
    report = page.evaluate(
        f"axe.run({scope}, {{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'],"
        " resultTypes: ['violations']})"
    )
    return "\n".join(
        f"{rule['id']}: {rule['help']}: {[node['html'][:160] for node in rule['nodes'][:3]]}"
        for rule in report["violations"]
    )


def test_a_reader_finds_what_a_weekend_costs(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("article a", has_text="Streaming lake").first.click()
    page.locator(".md-sidebar--secondary a", has_text="What it costs").first.click()
    weekend = page.locator("h3", has_text="hours of a weekend")
    table = weekend.locator("xpath=following-sibling::*[1]").inner_text()
    assert re.search(r"sandbox.*\d\.\d\d", table, re.DOTALL), table


def test_a_reader_finds_what_the_transform_may_do(page: Page, address: str) -> None:
    page.goto(f"{address}/architectures/streaming-lake.html")
    permissions = page.locator("h4#transformrole ~ div table").first.inner_text()
    assert "s3:PutObject" in permissions
    assert "{Storage/Lake.Arn}/rejected/*" in permissions


def test_a_reader_finds_where_the_table_of_storage_classes_is_encoded(
    page: Page, address: str
) -> None:
    page.goto(f"{address}/coverage.html")
    row = page.locator("tr", has=page.locator("a[id='ST-05']"))
    row.locator("td a[href]").last.click()
    assert "storage.py" in page.url
    place = page.url.partition("#")[2]
    passage = page.locator(f".passage:has([id='{place}'])").inner_text()
    assert "ST-05" in passage
    assert "GLACIER_INSTANT_RETRIEVAL" in passage


def test_a_note_that_code_names_is_shown_beside_it(pages: dict[str, BeautifulSoup]) -> None:
    card = pages["code/stacks/streaming_lake/storage.py.html"].find("details", class_="card")
    assert card
    assert coverage.row("ST-09").note in card.get_text()


def test_the_lake_accepts_the_event_on_its_page(
    pages: dict[str, BeautifulSoup],
) -> None:
    text = pages["architectures/streaming-lake.html"].get_text()
    (event,) = re.findall(r"cat > event\.json <<'END'\n(\{.*?\})\nEND", text, re.DOTALL)
    line = event.replace("\n", "").encode() + b"\n"
    assert transform(line, "2026-11-28T00:00:00Z").accepted == 1
