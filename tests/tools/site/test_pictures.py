"""The pictures of the architectures: complete, readable, and the same for the same templates."""

import copy
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from stacks.catalogue import ARCHITECTURES
from tests.tools.conftest import Assemblies
from tools.assembly import Assembly
from tools.site.pictures import Edge, Graph, architecture, architecture_svg, graph_of, no_link
from tools.site.pictures.__main__ import FOLDER, main, redraw
from tools.site.pictures.drawing import Box, Drawing, Layout
from tools.site.pictures.frames import frames_of, outline, overlap
from tools.site.pictures.layout import FRAMES, laid_out

SVG = "{http://www.w3.org/2000/svg}"


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)  # noqa: S314 -- our own


@pytest.fixture(scope="module")
def sandbox(assemble: Assemblies) -> Assembly:
    return assemble("sandbox")


@pytest.fixture(scope="module", params=ARCHITECTURES)
def graph(request: pytest.FixtureRequest, sandbox: Assembly) -> Graph:
    return graph_of(request.param, sandbox)


def flows(graph: Graph) -> set[str]:
    """`A -> B`, in construct paths; an edge in both directions is listed twice."""
    paths = {node.id: node.path or node.label for node in graph.nodes}

    def directions(edge: Edge) -> set[str]:
        forward = f"{paths[edge.source]} -> {paths[edge.target]}"
        backward = f"{paths[edge.target]} -> {paths[edge.source]}"
        return {forward, backward} if edge.two_way else {forward}

    return {text for edge in graph.edges for text in directions(edge)}


def test_the_lake_flows_from_its_producers_to_its_readers(sandbox: Assembly) -> None:
    assert flows(graph_of("streaming-lake", sandbox)) == {
        "Producers -> Ingestion/Events",
        "Ingestion/Events -> Delivery/Lake",
        "Delivery/Lake -> Transform",
        "Transform -> Delivery/Lake",
        "Transform -> Ingestion/Events",  # what it has no time for, for later
        "Transform -> Storage/Lake",  # rejected
        "Delivery/Lake -> Storage/Raw",
        "Storage/Raw -> Replay",
        "Replay -> Storage/Lake",  # replayed, and rejected
        "Storage/Lake -> Replay",  # what an earlier replay has left
        "Storage/Raw -> Discovery/Crawler",
        "Discovery/Crawler -> Catalog/Database",
        "Delivery/Lake -> Catalog/Events",
        "Catalog/Events -> Curation/Job",
        "Batches -> Catalog/Weather",
        "Catalog/Weather -> Curation/Job",
        "Curation/Job -> Catalog/Curated",
        "Catalog/Curated -> Curation/Job",
        "Catalog/Curated -> Query/Readers",
        "Catalog/Weather -> Query/Readers",  # for the training set
    }


def test_a_document_goes_through_the_chain_to_the_outbox(sandbox: Assembly) -> None:
    drawn = flows(graph_of("language-chain", sandbox))
    assert {
        "Uploads -> Storage/Inbox",
        "Storage/Inbox -> Intake/Messages",
        "Intake/Messages -> Intake/Admit",
        "Intake/Admit -> Documents",
        "Intake/Admit -> Chain/Workflow",
        "Chain/Workflow -> Intake/Messages",  # one has ended: the next
        "Chain/Workflow -> Listen/Workflow",
        "Chain/Workflow -> Read/Workflow",
        "Listen/Workflow -> transcribe/Transcribe",
        "Read/Workflow -> Read/Split",
        "Read/Workflow -> Part/Workflow",
        "Read/Workflow -> Read/Merge",
        "Part/Workflow -> translate/Translate",
        "Part/Search -> comprehend/Comprehend",
        "Read/Merge -> Storage/Outbox",
        "Read/Merge -> Results/Rows",
        "Results/Rows -> Results/Readers",
    } <= drawn
    assert "Chain/Workflow -> Storage/Outbox" not in drawn, "its steps write there, it need not"


def test_a_model_is_trained_registered_and_served(sandbox: Assembly) -> None:
    drawn = flows(graph_of("ml-platform", sandbox))
    assert {
        "Uploads -> Bucket",
        "Training/Workflow -> sagemaker/Training jobs",
        "Training/Workflow -> sagemaker/Processing jobs",
        "Training/Workflow -> Registry",
        "sagemaker/Training jobs -> Bucket",
        "Registry -> Deployment/Workflow",
        "Deployment/Workflow -> sagemaker/Endpoint",
        "Registry -> Batch/Workflow",
        "Batch/Workflow -> sagemaker/Transform jobs",
        "Clients -> Prediction/Api",
        "Prediction/Api -> Prediction/Predict",
        "Prediction/Predict -> sagemaker/Endpoint",
        "Drift/Detect -> Bucket",
        "Notebook/Instance -> sagemaker/Training jobs",
    } <= drawn


def test_what_an_architecture_imports_from_another_is_drawn(assemble: Assemblies) -> None:
    local = graph_of("ml-platform", assemble("local"))  # there it trains on the lake's export
    foreign = [node for node in local.nodes if node.stack == "StreamingLake"]
    assert "Storage/Lake" in {node.path for node in foreign}


def test_a_picture_is_small_enough_to_be_read(graph: Graph) -> None:
    assert 1 <= len(graph.nodes) <= 20


def test_every_group_is_a_first_level_construct(graph: Graph, sandbox: Assembly) -> None:
    constructs = {
        f"{resource.stack}/{resource.path.split('/')[0]}" for resource in sandbox.resources
    }
    groups = {f"{node.stack}/{node.group}" for node in graph.nodes if node.group}
    assert groups
    assert groups <= constructs


def test_every_edge_joins_two_nodes(graph: Graph) -> None:
    ids = {node.id for node in graph.nodes}
    for edge in graph.edges:
        assert {edge.source, edge.target} <= ids
        assert edge.source != edge.target


def test_a_new_bucket_is_drawn(sandbox: Assembly) -> None:
    templates: dict[str, Any] = copy.deepcopy(dict(sandbox.templates))
    templates["StreamingLake"]["Resources"]["Planted12345678"] = {
        "Type": "AWS::S3::Bucket",
        "Metadata": {"aws:cdk:path": "StreamingLake/Archive/Cellar/Resource"},
    }
    planted = graph_of("streaming-lake", Assembly(templates))
    assert "Archive/Cellar" in {node.path for node in planted.nodes}
    picture = architecture_svg(planted, tall=False)
    assert "Archive/Cellar: S3 bucket" in picture
    assert "12345678" not in picture, "the hash of a logical id"


def test_removing_a_permission_removes_its_arrow(sandbox: Assembly) -> None:
    templates: dict[str, Any] = copy.deepcopy(dict(sandbox.templates))
    for resource in templates["LanguageChain"]["Resources"].values():
        if resource["Type"] == "AWS::IAM::Policy":
            document = resource["Properties"]["PolicyDocument"]
            document["Statement"] = [
                statement
                for statement in document["Statement"]
                if "translate:TranslateText" not in str(statement)
            ]
    arrow = "Part/Workflow -> translate/Translate"
    assert arrow in flows(graph_of("language-chain", sandbox))
    assert arrow not in flows(graph_of("language-chain", Assembly(templates)))


def test_an_unknown_architecture_and_a_missing_template_are_errors(sandbox: Assembly) -> None:
    with pytest.raises(ValueError, match=r"chatbot: no such architecture\. Use one of "):
        graph_of("chatbot", sandbox)
    lake = Assembly({"StreamingLake": sandbox.templates["StreamingLake"]})
    with pytest.raises(ValueError, match="language-chain: the templates of some of its stacks"):
        graph_of("language-chain", lake)


def drawings(graph: Graph) -> list[Drawing]:
    tall = architecture.drawing_of(graph, no_link, tall=True)
    wide = architecture.drawing_of(graph, no_link, tall=False)
    return [wide, *architecture.tall_variants(tall)]


def within(inner: Box, outer: Box) -> bool:
    return (
        inner.x >= outer.x
        and inner.y >= outer.y
        and inner.x + inner.width <= outer.x + outer.width
        and inner.y + inner.height <= outer.y + outer.height
    )


def assert_apart(drawing: Drawing, layout: Layout) -> None:
    boxes = [outline(shape, layout) for shape in drawing.shapes if shape.style not in FRAMES]
    picture = Box(0, 0, layout.width, layout.height)
    for number, box in enumerate(boxes, start=1):
        assert within(box, picture)
        assert not any(overlap(box, later_box) for later_box in boxes[number:])
    for frame in frames_of(drawing, layout):
        assert within(frame.box, picture)
    for shape in drawing.shapes:
        if shape.parent:
            assert within(outline(shape, layout), layout.shapes[shape.parent])


def test_no_shape_overlaps_another(graph: Graph) -> None:
    for drawing in drawings(graph):
        assert_apart(drawing, laid_out(drawing))


@pytest.mark.parametrize("tall", [False, True])
def test_a_picture_is_well_formed_and_refers_to_no_other_file(graph: Graph, tall: bool) -> None:
    picture = architecture_svg(graph, tall=tall, link=lambda node: f"#{node.path}")
    root = parsed(picture)
    identifiers = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(identifiers) == len(set(identifiers))
    uses = {str(element.get("href"))[1:] for element in root.iter(f"{SVG}use")}
    assert uses <= set(identifiers)
    assert set(re.findall(r"url\(#([^)]+)\)", picture)) <= set(identifiers)
    without_namespace = picture.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "://" not in without_namespace
    assert "@import" not in without_namespace
    links = list(root.iter(f"{SVG}a"))
    assert len(links) == len(graph.nodes)
    assert all(link.get("aria-label") for link in links)
    text = root.find(f"{SVG}desc")
    assert text is not None
    assert len(str(text.text).split(".")) > len(graph.edges)
    assert not re.search(r"[0-9A-F]{8}\b", without_namespace), "a hash"


def test_a_phone_shows_a_tall_picture_with_text_of_eleven_pixels(graph: Graph) -> None:
    root = parsed(architecture_svg(graph, tall=True))
    scale = min(1.0, 390 / float(root.attrib["width"]))
    sizes = [
        element.attrib["font-size"][:-2] for element in root.iter() if element.get("font-size")
    ]
    assert min(map(float, sizes)) * scale >= 11


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_has_enough_contrast_in_light_and_dark(sandbox: Assembly) -> None:
    picture = architecture_svg(graph_of("streaming-lake", sandbox), tall=False)
    schemes = re.findall(r"picture\{\s*((?:--picture-\w+:#\w+;)+)", picture)
    assert len(schemes) == 4  # light, dark, and each as the site's own choice
    for scheme in schemes:
        colours = dict(re.findall(r"--picture-(\w+):(#\w{6})", scheme))
        for text in ("text", "note", "catch"):
            for background in ("ground", "frame", "box"):
                pair = sorted([luminance(colours[text]), luminance(colours[background])])
                assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (text, background, colours)


def test_the_same_templates_give_the_same_bytes(sandbox: Assembly) -> None:
    shuffled = Assembly(
        {
            stack: {**template, "Resources": dict(reversed(template["Resources"].items()))}
            for stack, template in reversed(list(sandbox.templates.items()))
        }
    )
    for tall in (False, True):
        picture = architecture_svg(graph_of("language-chain", sandbox), tall=tall)
        assert architecture_svg(graph_of("language-chain", sandbox), tall=tall) == picture
        assert architecture_svg(graph_of("language-chain", shuffled), tall=tall) == picture


def test_the_checked_in_pictures_match_the_templates(sandbox: Assembly) -> None:
    assert redraw(sandbox, FOLDER, check=True) == [], "run: python -m tools.site.pictures"


def test_a_stale_picture_is_named(
    sandbox: Assembly,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("tools.site.pictures.__main__.FOLDER", tmp_path)
    monkeypatch.setattr("tools.assembly.synthesise", lambda _: sandbox)
    (tmp_path / "ml-platform.svg").write_text("<svg/>")
    assert main(["--check"]) == 1
    assert capsys.readouterr().err.startswith("docs/pictures/ml-platform.svg: the templates have")
    assert main([]) == 0
    assert main(["--check"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["ml-platform.svg"]
