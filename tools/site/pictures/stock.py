"""The resources that are drawn as nodes, and remarks about those that are not."""

import re
from collections.abc import Collection, Iterator, Mapping

from tools.assembly import Assembly, Resource
from tools.assembly.intrinsics import values_at
from tools.site.pictures.looks import RESOURCES, Look
from tools.site.pictures.model import Node
from tools.site.pictures.words import counted, spoken

# A queue, bucket or topic that is named in such a property serves operations, not data flow.
_OPERATIONS = {
    "dead-letter queue": ("DeadLetterConfig.Arn", "RedrivePolicy.deadLetterTargetArn"),
    "access-log bucket": ("LoggingConfiguration.DestinationBucketName",),
    "alarm topic": ("AlarmActions", "Budget.NotificationsWithSubscribers"),
}
_TARGETS = ("Targets.DeadLetterConfig.Arn", "Target.DeadLetterConfig.Arn")
_RATE = re.compile(r"rate\((\d+) (\w+)\)")


class Stock:
    """The nodes of one architecture, by their place."""

    def __init__(self, assembly: Assembly, stacks: Collection[str]) -> None:
        self.assembly = assembly
        places = assembly.places
        self.own = {
            place: resource for place, resource in places.items() if resource.stack in stacks
        }
        self._operations = {
            kind: self._referenced_at(*paths) for kind, paths in _OPERATIONS.items()
        }
        self._operations["dead-letter queue"] |= self._referenced_at(*_TARGETS)
        hidden = set().union(self._helpers(), *self._operations.values())
        self.nodes: dict[str, Node] = {
            place: node_of(resource, RESOURCES[resource.type])
            for place, resource in places.items()
            if resource.type in RESOURCES and place not in hidden
        }

    def by_name(self, names: Collection[str], types: Collection[str] = ()) -> list[str]:
        """Nodes to which the template gives one of these physical names."""
        return [
            place
            for place in self.nodes
            for key, value in self.assembly.places[place].properties.items()
            if key.endswith("Name")
            and value in names
            and (not types or self.assembly.places[place].type in types)
        ]

    def remarks(self) -> Iterator[str]:
        """Sentences about what the picture leaves out."""
        if keys := self._count("AWS::KMS::Key"):
            yield (
                "encrypted under a key of its own" if keys == 1 else f"encrypted under {keys} keys"
            )
        if self._count("AWS::EC2::VPC"):
            internet = "" if self._count("AWS::EC2::InternetGateway") else " without internet"
            yield f"in a VPC{internet}"
        if alarms := self._count("AWS::CloudWatch::Alarm"):
            yield f"watched by {counted(alarms, 'alarm')}"
        counts = {kind: len(places & self.own.keys()) for kind, places in self._operations.items()}
        if any(counts.values()):
            left_out = ", ".join(counted(number, kind) for kind, number in counts.items() if number)
            yield f"not drawn: {left_out}"

    def _count(self, kind: str) -> int:
        return sum(resource.type == kind for resource in self.own.values())

    def _referenced_at(self, *dotted_paths: str) -> set[str]:
        return {
            place
            for resource in self.assembly.places.values()
            for dotted_path in dotted_paths
            for place in self.assembly.places_in(values_at(resource.properties, dotted_path))
        }

    def _helpers(self) -> set[str]:
        """Functions that only CloudFormation invokes."""
        return self._referenced_at("ServiceToken")


def node_of(resource: Resource, look: Look) -> Node:
    """A resource as a node."""
    path = resource.path
    return Node(
        id=resource.place,
        path=path,
        stack=resource.stack,
        group=path.split("/")[0],
        kind=look.kind,
        label=_rate(resource.properties) or spoken(path.split("/")[-1]),
        service=look.service,
        icon=look.icon,
        holds=look.holds,
    )


def _rate(properties: Mapping[str, object]) -> str:
    """How often a schedule runs, if it has a rate."""
    rate = _RATE.fullmatch(str(properties.get("ScheduleExpression", "")))
    return f"Every {rate[1]} {rate[2]}" if rate else ""
