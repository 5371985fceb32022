"""Where data lies and how it moves: every store with its key, every hop with its path."""

from collections.abc import Iterator, Mapping
from typing import Any

from tools.assembly import Templates, resources, spelt_out
from tools.site.pictures import Edge, Node, edges, nodes
from tools.site.rights import listed
from tools.site.tables import code, table

# Resource type -> where its template names the key, and what it is called.
_STORES = {
    "AWS::S3::Bucket": (
        "bucket",
        "BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault"
        ".KMSMasterKeyID",
    ),
    "AWS::Kinesis::Stream": ("stream", "StreamEncryption.KeyId"),
    "AWS::DynamoDB::Table": ("table", "SSESpecification.KMSMasterKeyId"),
    "AWS::SQS::Queue": ("queue", "KmsMasterKeyId"),
    "AWS::SNS::Topic": ("topic", "KmsMasterKeyId"),
    "AWS::Logs::LogGroup": ("log group", "KmsKeyId"),
    "AWS::StepFunctions::StateMachine": (
        "definition and history of the workflow",
        "EncryptionConfiguration.KmsKeyId",
    ),
    "AWS::Athena::WorkGroup": (
        "query results",
        "WorkGroupConfiguration.ResultConfiguration.EncryptionConfiguration.KmsKey",
    ),
    "AWS::SageMaker::NotebookInstance": ("volume of the notebook", "KmsKeyId"),
    "AWS::Scheduler::Schedule": ("input of the schedule", "KmsKeyArn"),
}
# What the ones without a key of ours are under, and why.
_WITHOUT_KEY = {
    "AWS::S3::Bucket": "S3's own key: S3 writes access logs under no other",
    "AWS::StepFunctions::StateMachine": "a key of Step Functions",
    "AWS::Athena::WorkGroup": "the bucket's key",
}
# What SageMaker runs in subnets that the workflows, or the template, give it.
_IN_VPC = ("jobs", "endpoint", "notebook")
_PLAIN_REFUSED = {"Bool": {"aws:SecureTransport": "false"}}


def stores(templates: Templates) -> str:
    """A Markdown table: what keeps data, under which key, and whether it refuses plain HTTP."""
    guarded = set(_guarded(templates))
    rows = []
    for each in spelt_out(templates):
        if each.type not in _STORES:
            continue
        kind, place = _STORES[each.type]
        key = _at(each.properties, place)
        name = f"{each.stack}/{each.path}" if len(templates) > 1 else each.path
        refused = "its policy" if (each.stack, each.path) in guarded else "the service"
        rows.append(
            (
                code(name),
                kind,
                code(key) if key else _WITHOUT_KEY.get(each.type, "a key of AWS's own"),
                refused,
            )
        )
    return table(["store", "kind", "encrypted under", "plain HTTP refused by"], rows)


def hops(architecture: str, templates: Templates) -> str:
    """A Markdown table: each arrow of the picture, and which way it takes."""
    named = {each.id: each for each in nodes(architecture, templates)}
    rows = [
        (_name(named[edge.source]), _name(named[edge.target]), _path(edge, named, templates))
        for edge in edges(architecture, templates)
    ]
    return table(["from", "to", "path"], rows)


def _path(edge: Edge, named: Mapping[str, Node], templates: Templates) -> str:
    ends = [named[edge.source], named[edge.target]]
    endpoints = [each for each in resources(templates) if each.type == "AWS::EC2::VPCEndpoint"]
    if endpoints and (inside := [each for each in ends if each.kind in _IN_VPC]):
        if any(each.kind == "bucket" for each in ends):
            return "out of the VPC by S3's gateway endpoint, TLS"
        if len(inside) == 1 and ends[0] is inside[0]:
            return "out of the VPC by an interface endpoint, TLS"
    if any(each.kind == "outside" for each in ends):
        return "HTTPS to the service's endpoint, signed by IAM"
    return "AWS's own network, TLS, under the role of the one that calls"


def vpc_endpoints(templates: Templates) -> str:
    """A Markdown table of the VPC's endpoints; empty without a VPC."""
    rows = []
    for each in spelt_out(templates):
        if each.type == "AWS::EC2::VPCEndpoint":
            properties = each.properties
            service = str(properties["ServiceName"]).rpartition("}.")[2]
            policy = properties.get("PolicyDocument", {}).get("Statement", [])
            allowed = sorted({a for s in policy for a in listed(s.get("Action", []))})
            kind = properties.get("VpcEndpointType", "Gateway").lower()
            rows.append((code(service), kind, ", ".join(map(code, allowed)) or "everything"))
    return table(["endpoint", "kind", "its policy lets through"], rows) if rows else ""


def _name(node: Node) -> str:
    return f"{node.label} ({node.service})" if node.kind != "outside" else node.label


def _guarded(templates: Templates) -> Iterator[tuple[str, str]]:
    """The stores whose own policy denies what comes without TLS."""
    for each in resources(templates):
        statements = each.properties.get("PolicyDocument", {}).get("Statement", [])
        if any(statement.get("Condition") == _PLAIN_REFUSED for statement in statements):
            yield each.stack, each.path.removesuffix("/Policy")


def _at(properties: Mapping[str, Any], place: str) -> Any:
    value: Any = properties
    for step in place.split("."):
        value = value[int(step)] if isinstance(value, list) else (value or {}).get(step)
    return value
