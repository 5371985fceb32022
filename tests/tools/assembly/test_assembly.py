"""An assembly resolves references, also between stacks, and reads roles with their policies."""

from typing import Any

import pytest

from tools.assembly import Assembly, architecture_of, readable

KEY = {
    "Type": "AWS::KMS::Key",
    "Metadata": {"aws:cdk:path": "Network/Key/Resource"},
}
EXPORT = {"Export": {"Name": "Network:Key"}, "Value": {"Fn::GetAtt": ["Key", "Arn"]}}


def _bucket(path: str, **properties: Any) -> dict[str, Any]:
    metadata = {"aws:cdk:path": f"Lake/{path}/Resource"}
    return {"Type": "AWS::S3::Bucket", "Metadata": metadata, "Properties": properties}


def _assembly(**resources: Any) -> Assembly:
    network = {"Resources": {"Key": KEY}, "Outputs": {"KeyArn": EXPORT}}
    return Assembly({"Network": network, "Lake": {"Resources": resources}})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"Ref": "Raw"}, "{Lake/Storage/Raw}"),
        ({"Fn::GetAtt": ["Raw", "Arn"]}, "{Lake/Storage/Raw.Arn}"),
        ({"Fn::Join": ["", [{"Ref": "Raw"}, "/raw/*"]]}, "{Lake/Storage/Raw}/raw/*"),
        ({"Fn::Join": ["-", ["a", {"Ref": "AWS::Region"}]]}, "a-{AWS::Region}"),
        (
            {"Fn::Sub": "arn:${AWS::Partition}:${Raw}/x"},
            "arn:{AWS::Partition}:{Lake/Storage/Raw}/x",
        ),
        (
            {"Fn::Sub": ["${Name}/${Raw.Arn}", {"Name": {"Ref": "Raw"}}]},
            "{Lake/Storage/Raw}/{Lake/Storage/Raw.Arn}",
        ),
        ({"Fn::ImportValue": "Network:Key"}, "{Network/Key.Arn}"),
        ({"Fn::ImportValue": "Elsewhere"}, "{Elsewhere}"),
        ([1, True, {"Ref": "Raw"}], [1, True, "{Lake/Storage/Raw}"]),
    ],
)
def test_intrinsic_functions_are_resolved(value: Any, text: Any) -> None:
    assembly = _assembly(Raw=_bucket("Storage/Raw"), Other=_bucket("Other", Value=value))
    assert assembly.places["Lake/Other"].properties["Value"] == text


def test_references_name_the_place_and_the_text_after_it() -> None:
    assembly = _assembly(Raw=_bucket("Storage/Raw"), Dotted=_bucket("Storage/raw.Log"))
    value = ["{Lake/Storage/Raw.Arn}/raw/*", "{Lake/Storage/raw.Log}", "{AWS::Region}"]
    assert list(assembly.references(value)) == [
        ("Lake/Storage/Raw", "/raw/*"),
        ("Lake/Storage/raw.Log", ""),
    ]


def test_a_resource_leaves_out_the_name_of_its_own_stack() -> None:
    assembly = _assembly(Raw=_bucket("Storage/Raw"))
    raw = assembly.places["Lake/Storage/Raw"]
    value = {"Own": "{Lake/Storage/Raw.Arn}", "Imported": ["{Network/Key.Arn}"]}
    assert raw.near(value) == {"Own": "{Storage/Raw.Arn}", "Imported": ["{Network/Key.Arn}"]}


def test_one_template_alone_names_no_stack() -> None:
    template = {"Resources": {"Raw": _bucket("Storage/Raw")}}
    assert readable(template, {"Fn::GetAtt": ["Raw", "Arn"]}) == "{Storage/Raw.Arn}"


def test_a_role_has_the_statements_of_all_its_policies() -> None:
    def document(action: str) -> dict[str, Any]:
        return {"Statement": [{"Effect": "Allow", "Action": action, "Resource": ["a", "b"]}]}

    trust = {"Statement": [{"Principal": {"Service": "lambda.amazonaws.com"}}]}
    assembly = _assembly(
        Managed={
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"PolicyDocument": document("s3:Managed")},
        },
        Policy={
            "Type": "AWS::IAM::Policy",
            "Properties": {"PolicyDocument": document("s3:Attached"), "Roles": [{"Ref": "Role"}]},
        },
        Role={
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": trust,
                "ManagedPolicyArns": [{"Ref": "Managed"}],
                "Policies": [{"PolicyDocument": document("s3:Inline")}],
            },
        },
    )
    (role,) = assembly.roles.values()
    assert role.principals == ("lambda.amazonaws.com",)
    assert sorted(role.allowed()) == [
        (f"s3:{policy}", resource)
        for policy in ("Attached", "Inline", "Managed")
        for resource in ("a", "b")
    ]


def test_each_part_is_computed_once() -> None:
    assembly = _assembly(Raw=_bucket("Storage/Raw"))
    assert assembly.places is assembly.places
    assert assembly.roles is assembly.roles


@pytest.mark.parametrize(
    ("stack", "architecture"),
    [
        ("StreamingLake", "streaming-lake"),
        ("Blue-MlNetwork", "ml-platform"),
        ("Unknown", None),
    ],
)
def test_a_stack_belongs_to_an_architecture_whatever_its_prefix(
    stack: str, architecture: str | None
) -> None:
    assert architecture_of(stack) == architecture
