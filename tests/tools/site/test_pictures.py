"""What the pictures of the architectures promise their readers."""

import copy
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from repository import ROOT
from stacks.catalogue import ARCHITECTURES
from tests.conftest import Templates
from tools.site.pictures import Edge, architecture, architecture_svg, edges, nodes, nowhere
from tools.site.pictures.__main__ import FOLDER, main
from tools.site.pictures.drawing import Box, Drawing, Placed
from tools.site.pictures.frames import frames_of, outline, overlap
from tools.site.pictures.graph import graph_of
from tools.site.pictures.layout import FRAMES, laid_out

SVG = "{http://www.w3.org/2000/svg}"


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)  # noqa: S314 -- our own


@pytest.fixture(scope="module")
def templates(synthesise: Templates) -> dict[str, Any]:
    return synthesise("sandbox")


def flows(architecture: str, templates: dict[str, Any]) -> set[str]:
    """`A -> B`, in paths of constructs; what flows both ways stands twice."""
    paths = {node.id: node.path or node.label for node in nodes(architecture, templates)}

    def told(edge: Edge) -> set[str]:
        forth = f"{paths[edge.source]} -> {paths[edge.target]}"
        back = f"{paths[edge.target]} -> {paths[edge.source]}"
        return {forth, back} if edge.both else {forth}

    return {text for edge in edges(architecture, templates) for text in told(edge)}


def test_the_lake_flows_from_its_producers_to_its_readers(templates: dict[str, Any]) -> None:
    assert flows("streaming-lake", templates) == {
        "Producers -> Ingestion/Events",
        "Ingestion/Events -> Delivery/Lake",
        "Delivery/Lake -> Transform",
        "Transform -> Delivery/Lake",
        "Transform -> Ingestion/Events",  # what it has no time for, for later
        "Transform -> Storage/Lake",  # rejected
        "Delivery/Lake -> Storage/Raw",
        "Storage/Raw -> Discovery/Crawler",
        "Discovery/Crawler -> Catalog/Database",
        "Delivery/Lake -> Catalog/Events",
        "Catalog/Events -> Curation/Job",
        "Batches -> Catalog/Weather",
        "Catalog/Weather -> Curation/Job",
        "Curation/Job -> Catalog/Curated",
        "Catalog/Curated -> Curation/Job",
        "Catalog/Curated -> Query/Readers",
    }


def test_a_document_goes_through_the_chain_to_the_outbox(templates: dict[str, Any]) -> None:
    shown = flows("language-chain", templates)
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
        "Part/Workflow -> comprehend/Comprehend",
        "Read/Merge -> Storage/Outbox",
        "Read/Merge -> Results/Rows",
        "Results/Rows -> Results/Readers",
    } <= shown
    assert "Chain/Workflow -> Storage/Outbox" not in shown, "its steps write there, it need not"


def test_a_model_is_trained_registered_and_asked(templates: dict[str, Any]) -> None:
    shown = flows("ml-platform", templates)
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
        "Bucket -> Drift/Detect",
        "Notebook/Instance -> sagemaker/Training jobs",
    } <= shown


def test_what_an_architecture_takes_from_another_is_shown(synthesise: Templates) -> None:
    local = synthesise("local")  # there it trains on what the lake exports
    foreign = [node for node in nodes("ml-platform", local) if node.stack == "StreamingLake"]
    assert "Storage/Lake" in {node.path for node in foreign}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_picture_is_small_enough_to_be_read(templates: dict[str, Any], architecture: str) -> None:
    assert 10 <= len(nodes(architecture, templates)) <= 20


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_group_is_a_first_level_construct(
    templates: dict[str, Any], architecture: str
) -> None:
    constructs = {
        f"{stack}/{resource['Metadata']['aws:cdk:path'].split('/')[1]}"
        for stack, template in templates.items()
        for resource in template["Resources"].values()
        if "aws:cdk:path" in resource.get("Metadata", {})
    }
    groups = {f"{node.stack}/{node.group}" for node in nodes(architecture, templates) if node.group}
    assert groups
    assert groups <= constructs


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_no_edge_ends_nowhere(templates: dict[str, Any], architecture: str) -> None:
    known = {node.id for node in nodes(architecture, templates)}
    for edge in edges(architecture, templates):
        assert {edge.source, edge.target} <= known
        assert edge.source != edge.target


def test_a_new_bucket_shows_up_by_itself(templates: dict[str, Any]) -> None:
    planted = copy.deepcopy(templates)
    planted["StreamingLake"]["Resources"]["Planted12345678"] = {
        "Type": "AWS::S3::Bucket",
        "Metadata": {"aws:cdk:path": "StreamingLake/Archive/Cellar/Resource"},
    }
    assert "Archive/Cellar" in {node.path for node in nodes("streaming-lake", planted)}
    picture = architecture_svg("streaming-lake", planted, tall=False)
    assert "Archive/Cellar: S3 bucket" in picture
    assert "12345678" not in picture, "the hash of a logical id"


def test_a_right_taken_away_takes_its_arrow_along(templates: dict[str, Any]) -> None:
    planted = copy.deepcopy(templates)
    for resource in planted["LanguageChain"]["Resources"].values():
        if resource["Type"] == "AWS::IAM::Policy":
            document = resource["Properties"]["PolicyDocument"]
            document["Statement"] = [
                each for each in document["Statement"] if "translate:TranslateText" not in str(each)
            ]
    assert "Part/Workflow -> translate/Translate" not in flows("language-chain", planted)


def test_an_architecture_that_does_not_exist_is_named(templates: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"chatbot: no such architecture\. Use one of streaming-"):
        architecture_svg("chatbot", templates, tall=False)
    with pytest.raises(ValueError, match="language-chain: no template of LanguageChain is given"):
        nodes("language-chain", {"StreamingLake": templates["StreamingLake"]})


def drawings(name: str, templates: dict[str, Any]) -> list[Drawing]:
    graph = graph_of(name, templates)
    return [
        architecture.drawing_of(name, graph, nowhere, tall=False),
        *architecture.tries(architecture.drawing_of(name, graph, nowhere, tall=True)),
    ]


def within(inner: Box, outer: Box) -> bool:
    return (
        inner.x >= outer.x
        and inner.y >= outer.y
        and inner.x + inner.width <= outer.x + outer.width
        and inner.y + inner.height <= outer.y + outer.height
    )


def assert_apart(drawing: Drawing, placed: Placed) -> None:
    boxes = [outline(shape, placed) for shape in drawing.shapes if shape.style not in FRAMES]
    picture = Box(0, 0, placed.width, placed.height)
    for place, box in enumerate(boxes):
        assert within(box, picture)
        assert not any(overlap(box, other) for other in boxes[place + 1 :])
    for frame in frames_of(drawing, placed):
        assert within(frame.box, picture)
    for shape in drawing.shapes:
        if shape.parent:
            assert within(outline(shape, placed), placed.shapes[shape.parent])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_nothing_lies_on_anything_else(templates: dict[str, Any], architecture: str) -> None:
    for drawing in drawings(architecture, templates):
        assert_apart(drawing, laid_out(drawing))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("tall", [False, True])
def test_a_picture_is_well_formed_and_needs_nothing_else(
    templates: dict[str, Any], architecture: str, tall: bool
) -> None:
    picture = architecture_svg(
        architecture, templates, tall=tall, link=lambda node: f"#{node.path}"
    )
    root = parsed(picture)
    identifiers = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(identifiers) == len(set(identifiers))
    uses = {str(each.get("href"))[1:] for each in root.iter(f"{SVG}use")}
    assert uses <= set(identifiers)
    assert set(re.findall(r"url\(#([^)]+)\)", picture)) <= set(identifiers)
    elsewhere = picture.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "://" not in elsewhere
    assert "@import" not in elsewhere
    links = list(root.iter(f"{SVG}a"))
    assert len(links) == len(nodes(architecture, templates))
    assert all(each.get("aria-label") for each in links)
    text = root.find(f"{SVG}desc")
    assert text is not None
    assert len(str(text.text).split(".")) > len(edges(architecture, templates))
    assert not re.search(r"[0-9A-F]{8}\b", elsewhere), "a hash"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_phone_shows_a_tall_picture_with_text_of_eleven_pixels(
    templates: dict[str, Any], architecture: str
) -> None:
    picture = architecture_svg(architecture, templates, tall=True)
    root = parsed(picture)
    shrunk = min(1.0, 390 / float(root.attrib["width"]))
    sizes = [float(each.attrib["font-size"][:-2]) for each in root.iter() if each.get("font-size")]
    assert min(sizes) * shrunk >= 11


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_stands_out_from_its_ground_in_light_and_dark(templates: dict[str, Any]) -> None:
    picture = architecture_svg("streaming-lake", templates, tall=False)
    schemes = re.findall(r"picture\{\s*((?:--picture-\w+:#\w+;)+)", picture)
    assert len(schemes) == 4  # light, dark, and each as the site's own choice
    for scheme in schemes:
        colours = dict(re.findall(r"--picture-(\w+):(#\w{6})", scheme))
        for text in ("text", "note", "catch"):
            for ground in ("ground", "frame", "box"):
                pair = sorted([luminance(colours[text]), luminance(colours[ground])])
                assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (text, ground, colours)


def test_drawing_again_gives_the_same_bytes(templates: dict[str, Any]) -> None:
    shuffled = {
        stack: template | {"Resources": dict(reversed(template["Resources"].items()))}
        for stack, template in reversed(templates.items())
    }
    for tall in (False, True):
        once = architecture_svg("language-chain", templates, tall=tall)
        assert architecture_svg("language-chain", templates, tall=tall) == once
        assert architecture_svg("language-chain", shuffled, tall=tall) == once


def test_the_checked_in_pictures_are_those_of_today(templates: dict[str, Any]) -> None:
    for name in ARCHITECTURES:
        drawn = architecture_svg(name, templates, tall=False)
        assert (FOLDER / f"{name}.svg").read_text() == drawn, "run: python -m tools.site.pictures"


def test_a_stale_picture_is_named(
    templates: dict[str, Any],
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("tools.site.pictures.__main__.FOLDER", tmp_path)
    monkeypatch.setattr("tools.site.pictures.__main__.ROOT", tmp_path)
    monkeypatch.setattr("assembly.synthesise", lambda _: templates)
    assert main([]) == 0
    assert main(["--check"]) == 0
    (tmp_path / "ml-platform.svg").write_text("<svg/>")
    assert main(["--check"]) == 1
    assert capsys.readouterr().err.startswith("ml-platform.svg: not what the templates of today")


def test_the_readme_shows_every_picture() -> None:
    readme = (ROOT / "README.md").read_text()
    for name in ARCHITECTURES:
        assert re.search(rf"!\[[^]]{{40,}}\]\(docs/pictures/{name}\.svg\)", readme)
