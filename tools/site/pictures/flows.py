"""What flows where by the properties of resources: each names its source and its target."""

import re
from collections.abc import Iterator

from tools.assembly import Assembly, Resource
from tools.assembly.intrinsics import strings, values_at
from tools.site.pictures.model import Edge, Evidence
from tools.site.pictures.stock import Stock
from tools.site.pictures.words import spoken

_SELF = ""
_DELIVERY = "AWS::KinesisFirehose::DeliveryStream"

# Type of resource, property that names the source, property that names the target.
_FLOWS = (
    ("AWS::ApiGateway::Method", "RestApiId", "Integration.Uri"),
    ("AWS::ApiGatewayV2::Integration", "ApiId", "IntegrationUri"),
    ("AWS::Glue::Crawler", "Targets", _SELF),
    ("AWS::Glue::Crawler", _SELF, "DatabaseName"),
    (_DELIVERY, "KinesisStreamSourceConfiguration.KinesisStreamARN", _SELF),
    (_DELIVERY, "MSKSourceConfiguration.MSKClusterARN", _SELF),
    (_DELIVERY, _SELF, "ExtendedS3DestinationConfiguration.BucketARN"),
    (_DELIVERY, _SELF, "ExtendedS3DestinationConfiguration.S3BackupConfiguration.BucketARN"),
    (_DELIVERY, _SELF, "S3DestinationConfiguration.BucketARN"),
    (_DELIVERY, _SELF, "RedshiftDestinationConfiguration.ClusterJDBCURL"),
    (_DELIVERY, _SELF, "AmazonopensearchserviceDestinationConfiguration.DomainARN"),
    ("AWS::Lambda::EventSourceMapping", "EventSourceArn", "FunctionName"),
    ("AWS::Pipes::Pipe", "Source", "Target"),
    ("AWS::S3::Bucket", _SELF, "NotificationConfiguration"),
    ("AWS::Scheduler::Schedule", _SELF, "Target.Arn"),
    ("AWS::SNS::Subscription", "TopicArn", "Endpoint"),
)
_PROCESSORS = "ProcessingConfiguration.Processors"


def property_flows(stock: Stock) -> Iterator[Edge]:
    """Every flow that the properties of a resource show."""
    assembly = stock.assembly
    for resource in stock.own.values():
        for kind, source_path, target_path in _FLOWS:
            if resource.type == kind:
                for source in _ends(assembly, resource, source_path):
                    for target in _ends(assembly, resource, target_path):
                        yield Edge(source, target, evidence=Evidence.PROPERTY)
        if resource.type == _DELIVERY:
            yield from _transforms(assembly, resource)
        if resource.type == "AWS::Events::Rule":
            yield from _rule(stock, resource)
        if resource.type == "AWS::Athena::NamedQuery":
            yield from _query(stock, resource)


def _ends(assembly: Assembly, resource: Resource, dotted_path: str) -> list[str]:
    if dotted_path == _SELF:
        return [resource.place]
    return list(assembly.places_in(values_at(resource.properties, dotted_path)))


def _transforms(assembly: Assembly, delivery: Resource) -> Iterator[Edge]:
    """A transform function returns what it is given."""
    for destination in delivery.properties.values():
        if isinstance(destination, dict):
            for function in assembly.places_in(values_at(destination, _PROCESSORS)):
                yield Edge(delivery.place, function, evidence=Evidence.PROPERTY, two_way=True)


def _rule(stock: Stock, rule: Resource) -> Iterator[Edge]:
    """A rule becomes the label of an edge if the source of its events is a node."""
    pattern = rule.properties.get("EventPattern", {})
    sources = [place for place in stock.assembly.places_in(pattern) if place in stock.nodes]
    sources += stock.by_name(list(strings(pattern.get("detail", {}))))
    label = spoken(rule.path.split("/")[-1])
    for target in stock.assembly.places_in(values_at(rule.properties, "Targets.Arn")):
        for source in sources or [rule.place]:
            yield Edge(source, target, label if sources else "", Evidence.PROPERTY)


def _query(stock: Stock, query: Resource) -> Iterator[Edge]:
    """A saved query reads tables for its work group."""
    text = query.properties["QueryString"]
    work_groups = [
        place
        for place, resource in stock.own.items()
        if resource.type == "AWS::Athena::WorkGroup"
        and query.properties.get("WorkGroup") in (resource.properties.get("Name"), f"{{{place}}}")
    ]
    for place, resource in stock.own.items():
        if resource.type == "AWS::Glue::Table":
            name = resource.properties["TableInput"]["Name"]
            if re.search(rf"\b(FROM|JOIN)\s+{re.escape(name)}\b", text, re.IGNORECASE):
                for work_group in work_groups:
                    yield Edge(place, work_group, evidence=Evidence.PROPERTY)
