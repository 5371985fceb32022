"""What flows where by IAM: which role may read, write or start what."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from policy_sentry.querying.actions import get_action_data

from tools.assembly.intrinsics import values_at
from tools.site.pictures.looks import ARN_KINDS, SERVICES, WORKERS, Look
from tools.site.pictures.model import Edge, Evidence, Node
from tools.site.pictures.stock import Stock

# Deleting moves no data.
_REMOVALS = re.compile(r":(Delete|Abort|Stop|Deregister)")
# Reading metadata moves no data either. All of Glue's actions are on metadata.
_METADATA = re.compile(r":(List|Describe|Get\w*(Attributes|Location|Configuration)$)|^glue:")
_STARTS = re.compile(r":(Invoke|Start|Create|Update|Run|Send)")
_ROLE_KEYS = ("Role", "RoleArn", "RoleARN", "ExecutionRoleArn")


class Access:
    """The permissions of the nodes' roles as edges; the services that they name become nodes."""

    def __init__(self, stock: Stock) -> None:
        self._stock, self._assembly = stock, stock.assembly
        self.services: dict[str, Node] = {}
        location = "TableInput.StorageDescriptor.Location"
        self._tables = {
            (reference.place, reference.text_after.strip("/")): table.place
            for table in self._assembly.of_type("AWS::Glue::Table")
            for reference in self._assembly.references(values_at(table.properties, location))
        }

    def flows(self) -> list[Edge]:
        """Every flow that follows from the roles that the nodes have or pass on."""
        edges: set[Edge] = set()
        workers_of: dict[str, set[str]] = defaultdict(set)
        for place in sorted(self._stock.nodes.keys() & self._stock.own.keys()):
            resource = self._stock.own[place]
            if resource.type == "AWS::Events::Rule":
                continue  # its targets say the same, and more
            for role in sorted(set(self._roles_in(resource.properties))):
                flows = list(self._of_role(place, role))
                edges.update(flows)
                workers = {edge.target for edge in flows if self._is_worker(edge.target)}
                for passed in self._passed(role):
                    workers_of[passed] |= workers
        for role, workers in sorted(workers_of.items()):
            for worker in sorted(workers):
                # It belongs to the stack whose role it works under.
                stack = self._assembly.places[role].stack
                self.services[worker] = replace(self.services[worker], stack=stack)
                edges.update(self._of_role(worker, role))
        return sorted(edges)

    def _roles_in(self, properties: Any) -> Iterator[str]:
        """The roles under which a resource works."""
        if isinstance(properties, list):
            for item in properties:
                yield from self._roles_in(item)
        elif isinstance(properties, Mapping):
            for key, value in properties.items():
                if key in _ROLE_KEYS:
                    yield from self._assembly.places_in(value)
                else:
                    yield from self._roles_in(value)

    def _passed(self, role: str) -> set[str]:
        """The roles that `role` may give to what it starts."""
        return {
            place
            for action, resource in self._allowed(role)
            if action == "iam:PassRole"
            for place in self._assembly.places_in(resource)
        }

    def _allowed(self, role: str) -> Iterator[tuple[str, str]]:
        if role in self._assembly.roles:
            yield from self._assembly.roles[role].allowed()

    def _is_worker(self, place: str) -> bool:
        return place in self.services and self.services[place].kind != "service"

    def _of_role(self, actor: str, role: str) -> Iterator[Edge]:
        for action, resource in self._allowed(role):
            if not _REMOVALS.search(action):
                for target, text_after in self._targets(actor, action, resource):
                    if target != actor:
                        yield from self._of_permission(actor, action, target, text_after)

    def _of_permission(
        self, actor: str, action: str, target: str, text_after: str
    ) -> Iterator[Edge]:
        node = self._node(target)
        if not node.holds:
            if _STARTS.search(action) or node.kind == "service":
                yield Edge(actor, target)
            return
        metadata = bool(_METADATA.search(action)) or (action.startswith("s3:") and not text_after)
        evidence = Evidence.METADATA if metadata else Evidence.CONTENT
        label = _first(text_after).strip("*") if node.kind == "bucket" else ""
        level = access_level(action)
        if level in ("Read", "List"):
            yield Edge(target, actor, label, evidence)
        elif level == "Write":
            yield Edge(actor, target, label, evidence)

    def _targets(self, actor: str, action: str, resource: str) -> Iterator[tuple[str, str]]:
        service = action.partition(":")[0]
        references = [
            reference
            for reference in self._assembly.references(resource)
            if reference.place in self._stock.nodes
        ]
        kind, _, name = resource.rpartition(":")[2].partition("/")
        if references:
            # An ARN names the container first: a database, then its table.
            place, text_after = references[-1]
            yield self._tables.get((place, _first(text_after)), place), text_after
        elif look := WORKERS.get(f"{service}:{kind}") or SERVICES.get(service):
            yield self._service(actor, service, look), ""
        elif types := [type_ for type_, kinds in ARN_KINDS.items() if kind in kinds]:
            for place in self._stock.by_name([_first(name)], types):
                yield place, ""

    def _service(self, actor: str, service: str, look: Look) -> str:
        place = f"{service}/{look.label}"
        node = Node(
            id=place,
            path=place,
            stack=self._node(actor).stack,
            group="",
            kind=look.kind,
            label=look.label,
            service=look.service,
            icon=look.icon,
            holds=look.holds,
        )
        return self.services.setdefault(place, node).id

    def _node(self, place: str) -> Node:
        return self._stock.nodes.get(place) or self.services[place]


def access_level(action: str) -> str:
    """Read, List, Write, Tagging or Permissions management. Raises ValueError."""
    levels = get_action_data(*action.split(":"))
    if not levels:
        raise ValueError(f"{action}: policy_sentry knows no such action. Check its spelling.")
    return str(next(iter(levels.values()))[0]["access_level"])


def _first(path: str) -> str:
    return path.strip("/").partition("/")[0]
