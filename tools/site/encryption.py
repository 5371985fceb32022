"""Where data is stored and how it moves: every store with its key, every hop with its path."""

from collections.abc import Iterator, Mapping

from tools.assembly import Assembly, as_list
from tools.assembly.intrinsics import values_at
from tools.markdown import code, table
from tools.site.pictures import Edge, Graph, Node

# Resource type -> what it is called, and the property that holds its key.
_STORES = {
    "AWS::S3::Bucket": (
        "bucket",
        "BucketEncryption.ServerSideEncryptionConfiguration.ServerSideEncryptionByDefault"
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
    "AWS::SageMaker::NotebookInstance": ("volume of the notebook instance", "KmsKeyId"),
    "AWS::Scheduler::Schedule": ("input of the schedule", "KmsKeyArn"),
}
# What encrypts a store without a customer-managed key.
_WITHOUT_KEY = {
    "AWS::S3::Bucket": "S3's own key: S3 writes access logs under no other",
    "AWS::StepFunctions::StateMachine": "a key that Step Functions owns",
    "AWS::Athena::WorkGroup": "the bucket's key",
}
# Kinds of nodes that SageMaker runs in the subnets of the VPC.
_IN_VPC = ("jobs", "endpoint", "notebook")
_PLAIN_HTTP = {"Bool": {"aws:SecureTransport": "false"}}


def stores(assembly: Assembly) -> str:
    """A Markdown table of what stores data: under which key, and what refuses plain HTTP."""
    guarded = set(_guarded(assembly))
    rows = []
    for resource in assembly.places.values():
        if resource.type not in _STORES:
            continue
        kind, key_path = _STORES[resource.type]
        keys = resource.near(values_at(resource.properties, key_path))
        name = resource.place if len(assembly.templates) > 1 else resource.path
        rows.append(
            (
                code(name),
                kind,
                code(keys[0]) if keys else _WITHOUT_KEY.get(resource.type, "a key that AWS owns"),
                "its policy" if resource.place in guarded else "the service",
            )
        )
    heads = ["store", "kind", "encrypted under", "plain HTTP refused by"]
    return table(heads, rows) if rows else "It stores no data."


def hops(graph: Graph, assembly: Assembly) -> str:
    """A Markdown table of the arrows of the picture, each with its network path."""
    nodes = {node.id: node for node in graph.nodes}
    in_vpc = bool(assembly.of_type("AWS::EC2::VPCEndpoint"))
    rows = [
        (_name(nodes[edge.source]), _name(nodes[edge.target]), _path(edge, nodes, in_vpc))
        for edge in graph.edges
    ]
    return table(["from", "to", "path"], rows) if rows else "No data moves between its resources."


def _path(edge: Edge, nodes: Mapping[str, Node], in_vpc: bool) -> str:
    source, target = nodes[edge.source], nodes[edge.target]
    kinds = {source.kind, target.kind}
    if in_vpc and kinds & set(_IN_VPC):
        if "bucket" in kinds:
            return "out of the VPC by S3's gateway endpoint, TLS"
        if source.kind in _IN_VPC and target.kind not in _IN_VPC:
            return "out of the VPC by an interface endpoint, TLS"
    if "outside" in kinds:
        return "HTTPS to the service's endpoint, signed with IAM credentials"
    return "AWS's own network, TLS, under the role of the caller"


def vpc_endpoints(assembly: Assembly) -> str:
    """A Markdown table of the VPC endpoints; empty if there is none."""
    rows = []
    for endpoint in assembly.of_type("AWS::EC2::VPCEndpoint"):
        properties = endpoint.properties
        statements = properties.get("PolicyDocument", {}).get("Statement", [])
        actions = {
            action for statement in statements for action in as_list(statement.get("Action", []))
        }
        rows.append(
            (
                code(str(properties["ServiceName"]).rpartition("}.")[2]),
                str(properties.get("VpcEndpointType", "Gateway")).lower(),
                " ".join(map(code, sorted(actions))) or "everything",
            )
        )
    if not rows:
        return ""
    heads = ["VPC endpoint", "kind", "actions that its policy allows"]
    return "The VPC has no way out but these:\n\n" + table(heads, rows)


def _guarded(assembly: Assembly) -> Iterator[str]:
    """The places of the buckets, queues and topics whose policy denies requests without TLS."""
    for policy in assembly.places.values():
        statements = policy.properties.get("PolicyDocument", {})
        if isinstance(statements, Mapping) and any(
            statement.get("Effect") == "Deny" and statement.get("Condition") == _PLAIN_HTTP
            for statement in statements.get("Statement", [])
        ):
            for key in ("Bucket", "Queues", "Topics"):
                yield from assembly.places_in(policy.properties.get(key, []))


def _name(node: Node) -> str:
    return node.label if node.kind == "outside" else f"{node.label} ({node.service})"
