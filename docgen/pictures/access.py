"""What flows where by IAM: who may read, write or start what."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from policy_sentry.querying.actions import get_action_data

from docgen.pictures.flows import stock_named
from docgen.pictures.looks import ARN_KINDS, SERVICES, WORKERS, Look
from docgen.pictures.model import Edge, Evidence, Node
from docgen.pictures.references import at, named
from docgen.pictures.stock import Stock

_ROLE_KEYS = ("Role", "RoleArn", "RoleARN", "ExecutionRoleArn")
# Nothing flows when something is taken away.
_REMOVALS = re.compile(r":(Delete|Abort|Stop|Deregister)")
# Reading what a thing is, and not what is in it. All of Glue's rights are on descriptions.
_LOOKS = re.compile(r":(List|Describe|Get\w*(Attributes|Location|Configuration)$)|^glue:")
_STARTS = re.compile(r":(Invoke|Start|Create|Update|Run|Send)")


class Access:
    """The rights of every role of an architecture, as edges; found services become nodes."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock
        self.services: dict[str, Node] = {}
        self._rights = self._rights_by_role()
        self._tables = {
            (bucket, prefix.strip("/")): place
            for place, each in stock.places.items()
            if each.type == "AWS::Glue::Table"
            for bucket, prefix in named(
                at(each.properties, "TableInput.StorageDescriptor.Location")
            )
        }

    def flows(self) -> list[Edge]:
        """Every flow that a right tells, of the roles that the nodes have or pass on."""
        edges: set[Edge] = set()
        passed: dict[str, set[str]] = defaultdict(set)
        for place in sorted(self._stock.nodes.keys() & self._stock.own.keys()):
            properties = self._stock.places[place].properties
            if self._stock.places[place].type == "AWS::Events::Rule":
                continue  # its targets say the same, and more
            for role in sorted(set(_roles(properties))):
                made = list(self._of_role(place, role))
                edges.update(made)
                workers = {edge.target for edge in made} & self._workers()
                for inner in self._passed(role):
                    passed[inner] |= workers
        for role, workers in passed.items():
            for worker in workers:
                self._move(worker, role)
                edges.update(self._of_role(worker, role))
        return sorted(edges)

    def _workers(self) -> set[str]:
        return {place for place, node in self.services.items() if node.kind != "service"}

    def _move(self, worker: str, role: str) -> None:
        # It belongs to the stack whose role it works under.
        node = self.services[worker]
        self.services[worker] = Node(**{**vars(node), "stack": self._stock.places[role].stack})

    def _rights_by_role(self) -> dict[str, list[dict[str, Any]]]:
        rights: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for place, each in self._stock.places.items():
            documents = at(each.properties, "PolicyDocument.Statement")
            if each.type == "AWS::IAM::Role":
                inline = at(each.properties, "Policies.PolicyDocument.Statement")
                rights[place] += [s for found in inline for s in found]
                for policy, _ in named(each.properties.get("ManagedPolicyArns", [])):
                    if policy in self._stock.places:
                        found = at(
                            self._stock.places[policy].properties, "PolicyDocument.Statement"
                        )
                        rights[place] += [s for statements in found for s in statements]
            elif each.type in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
                for role, _ in named(each.properties.get("Roles", [])):
                    rights[role] += [s for statements in documents for s in statements]
        return rights

    def _passed(self, role: str) -> set[str]:
        return {
            place
            for statement in self._rights[role]
            if "iam:PassRole" in _listed(statement.get("Action"))
            for place, _ in named(statement["Resource"])
        }

    def _of_role(self, actor: str, role: str) -> Iterator[Edge]:
        for statement in self._rights[role]:
            if statement["Effect"] != "Allow":
                continue
            for action in _listed(statement.get("Action")):
                for resource in _listed(statement.get("Resource")):
                    if not _REMOVALS.search(action):
                        yield from self._of_right(actor, action, resource)

    def _of_right(self, actor: str, action: str, resource: str) -> Iterator[Edge]:
        for target, prefix in self._targets(actor, action, resource):
            node = self._stock.nodes.get(target) or self.services[target]
            if target == actor:
                continue
            look = bool(_LOOKS.search(action)) or (action.startswith("s3:") and not prefix)
            evidence = Evidence.LOOK if look else Evidence.CONTENT
            label = prefix.strip("/").split("/")[0].strip("*") if node.kind == "bucket" else ""
            if not node.holds:
                if _STARTS.search(action) or node.kind == "service":
                    yield Edge(actor, target)
            elif _level(action) in ("Read", "List"):
                yield Edge(target, actor, label, evidence)
            elif _level(action) == "Write":
                yield Edge(actor, target, label, evidence)

    def _targets(self, actor: str, action: str, resource: str) -> Iterator[tuple[str, str]]:
        service = action.split(":")[0]
        nodes = [each for each in named(resource) if each[0] in self._stock.nodes]
        kind, _, rest = resource.split(":")[-1].partition("/")
        if nodes:
            place, behind = nodes[-1]
            first = behind.strip("/").split("/")[0]
            yield self._tables.get((place, first), place), behind
        elif look := WORKERS.get(f"{service}:{kind}") or SERVICES.get(service):
            yield self._service(actor, service, look), ""
        else:
            kinds = tuple(each for each, known in ARN_KINDS.items() if kind in known)
            if kinds:
                for place in stock_named(self._stock, [rest.split("/")[0]], kinds):
                    yield place, ""

    def _service(self, actor: str, service: str, look: Look) -> str:
        stack = self._node(actor).stack
        place = f"{service}/{look.label}"
        self.services.setdefault(
            place,
            Node(
                id=place,
                path=place,
                stack=stack,
                group="",
                kind=look.kind,
                label=look.label,
                service=look.service,
                icon=look.icon,
                holds=False,
            ),
        )
        return place

    def _node(self, place: str) -> Node:
        return self._stock.nodes.get(place) or self.services[place]


def _roles(properties: Any) -> Iterator[str]:
    if isinstance(properties, list):
        for item in properties:
            yield from _roles(item)
    elif isinstance(properties, Mapping):
        for key, value in properties.items():
            if key in _ROLE_KEYS:
                yield from (place for place, _ in named(value))
            else:
                yield from _roles(value)


def _level(action: str) -> str:
    found = get_action_data(*action.split(":"))
    if not found:
        raise ValueError(f"{action}: policy_sentry knows no such action. Is it spelt right?")
    return str(next(iter(found.values()))[0]["access_level"])


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
