"""What flows where by the properties of resources: each names its source and its target."""

import re
from collections.abc import Iterator

from tools.assembly import Resource
from tools.site.pictures.model import Edge, Evidence
from tools.site.pictures.references import Places, at, named, texts
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
    """Every flow that a resource's own properties tell."""
    for place, resource in stock.own.items():
        for kind, source, target in _FLOWS:
            if resource.type == kind:
                for one in _ends(place, resource, source):
                    for other in _ends(place, resource, target):
                        yield Edge(one, other, evidence=Evidence.PROPERTY)
        if resource.type == _DELIVERY:
            # The function gives back what it is given.
            for destination in resource.properties.values():
                if isinstance(destination, dict):
                    for function, _ in named(at(destination, _PROCESSORS)):
                        yield Edge(place, function, evidence=Evidence.PROPERTY, both=True)
        if resource.type == "AWS::Events::Rule":
            yield from _rule(stock, place, resource)
        if resource.type == "AWS::Athena::NamedQuery":
            yield from _query(stock.own, resource)


def _ends(place: str, resource: Resource, path: str) -> list[str]:
    return [place] if path == _SELF else [each for each, _ in named(at(resource.properties, path))]


def _rule(stock: Stock, place: str, rule: Resource) -> Iterator[Edge]:
    """A rule is the label of an edge, if a node of ours is what it listens to."""
    pattern = rule.properties.get("EventPattern", {})
    sources = [each for each, _ in named(pattern) if each in stock.nodes]
    sources += stock.named(list(texts(pattern.get("detail", {}))))
    label = spoken(rule.path.split("/")[-1])
    for target, _ in named(at(rule.properties, "Targets.Arn")):
        for source in sources or [place]:
            yield Edge(source, target, label if sources else "", Evidence.PROPERTY)


def _query(places: Places, query: Resource) -> Iterator[Edge]:
    """A saved query reads tables for its work group."""
    text = query.properties["QueryString"]
    groups = [
        place
        for place, each in places.items()
        if each.type == "AWS::Athena::WorkGroup"
        and query.properties.get("WorkGroup") in (each.properties.get("Name"), f"{{{place}}}")
    ]
    for place, each in places.items():
        if each.type == "AWS::Glue::Table":
            name = each.properties["TableInput"]["Name"]
            if re.search(rf"\b(FROM|JOIN)\s+{re.escape(name)}\b", text, re.IGNORECASE):
                for group in groups:
                    yield Edge(place, group, evidence=Evidence.PROPERTY)
