"""What of some templates is drawn as a node, and what is folded into a remark."""

import re
from collections.abc import Collection, Iterator, Mapping

from tools.assembly import Resource
from tools.site.pictures.looks import RESOURCES, Look
from tools.site.pictures.model import Node
from tools.site.pictures.references import Places, at, named
from tools.site.pictures.words import counted, spoken

# Who names a queue or a bucket in such a place uses it for what went wrong, or for who was there.
_ASIDE = {
    "dead-letter queue": ("DeadLetterConfig.Arn", "RedrivePolicy.deadLetterTargetArn"),
    "access-log bucket": ("LoggingConfiguration.DestinationBucketName",),
    "alarm topic": ("AlarmActions", "Budget.NotificationsWithSubscribers"),
}
_TARGETS = ("Targets.DeadLetterConfig.Arn", "Target.DeadLetterConfig.Arn")
_RATE = re.compile(r"rate\((\d+) (\w+)\)")


class Stock:
    """The nodes of one architecture, by their place."""

    def __init__(self, places: Places, stacks: Collection[str]) -> None:
        self.places = places
        self.own = {place: each for place, each in places.items() if each.stack in stacks}
        self._aside = {kind: self._named_in(*paths) for kind, paths in _ASIDE.items()}
        self._aside["dead-letter queue"] |= self._named_in(*_TARGETS)
        hidden = set().union(self._helpers(), *self._aside.values())
        self.nodes: dict[str, Node] = {
            place: node_of(each, RESOURCES[each.type])
            for place, each in places.items()
            if each.type in RESOURCES and place not in hidden
        }

    def named(self, words: Collection[str], types: Collection[str] = ()) -> list[str]:
        """Nodes whose name the template fixes as one of these words."""
        return [
            place
            for place in self.nodes
            for key, value in self.places[place].properties.items()
            if key.endswith("Name")
            and value in words
            and (not types or self.places[place].type in types)
        ]

    def remarks(self) -> Iterator[str]:
        """What is left out of the picture, in words."""
        if keys := self._count("AWS::KMS::Key"):
            yield (
                "encrypted under a key of its own" if keys == 1 else f"encrypted under {keys} keys"
            )
        if self._count("AWS::EC2::VPC"):
            inside = "" if self._count("AWS::EC2::InternetGateway") else " without internet"
            yield f"in a VPC{inside}"
        if alarms := self._count("AWS::CloudWatch::Alarm"):
            yield f"watched by {counted(alarms, 'alarm')}"
        aside = {kind: len(found & self.own.keys()) for kind, found in self._aside.items()}
        if any(aside.values()):
            left_out = ", ".join(counted(number, kind) for kind, number in aside.items() if number)
            yield f"not drawn: {left_out}"

    def _count(self, kind: str) -> int:
        return sum(each.type == kind for each in self.own.values())

    def _named_in(self, *paths: str) -> set[str]:
        return {
            place
            for each in self.places.values()
            for path in paths
            for place, _ in named(at(each.properties, path))
        }

    def _helpers(self) -> set[str]:
        """Functions that only CloudFormation calls."""
        return self._named_in("ServiceToken")


def node_of(resource: Resource, look: Look) -> Node:
    """A resource as a node."""
    path = resource.path
    return Node(
        id=f"{resource.stack}/{path}",
        path=path,
        stack=resource.stack,
        group=path.split("/")[0],
        kind=look.kind,
        label=_rhythm(resource.properties) or spoken(path.split("/")[-1]),
        service=look.service,
        icon=look.icon,
        holds=look.holds,
    )


def _rhythm(properties: Mapping[str, object]) -> str:
    """When a schedule goes off, if it says so in words."""
    found = _RATE.fullmatch(str(properties.get("ScheduleExpression", "")))
    return f"Every {found[1]} {found[2]}" if found else ""
