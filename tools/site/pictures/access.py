"""What flows where by IAM: who may read, write or start what."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from tools.site.pictures.looks import ARN_KINDS, SERVICES, WORKERS, Look
from tools.site.pictures.model import Edge, Evidence, Node
from tools.site.pictures.references import at, named
from tools.site.pictures.rights import Rights, access_level, roles_in
from tools.site.pictures.stock import Stock

# Nothing flows when something is taken away.
_REMOVALS = re.compile(r":(Delete|Abort|Stop|Deregister)")
# Reading what a thing is, and not what is in it. All of Glue's rights are on descriptions.
_LOOKS = re.compile(r":(List|Describe|Get\w*(Attributes|Location|Configuration)$)|^glue:")
_STARTS = re.compile(r":(Invoke|Start|Create|Update|Run|Send)")


class Access:
    """The rights of the nodes' roles, as edges; the services that they name become nodes."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock
        self._rights = Rights(stock.places)
        self.services: dict[str, Node] = {}
        location = "TableInput.StorageDescriptor.Location"
        self._tables = {
            (bucket, prefix.strip("/")): place
            for place, each in stock.places.items()
            if each.type == "AWS::Glue::Table"
            for bucket, prefix in named(at(each.properties, location))
        }

    def flows(self) -> list[Edge]:
        """Every flow that a right tells, of the roles that the nodes have or pass on."""
        edges: set[Edge] = set()
        passed: dict[str, set[str]] = defaultdict(set)
        for place in sorted(self._stock.nodes.keys() & self._stock.own.keys()):
            resource = self._stock.places[place]
            if resource.type == "AWS::Events::Rule":
                continue  # its targets say the same, and more
            for role in sorted(set(roles_in(resource.properties))):
                made = list(self._of_role(place, role))
                edges.update(made)
                workers = {each.target for each in made if self._is_worker(each.target)}
                for inner in self._rights.passed(role):
                    passed[inner] |= workers
        for role, workers in sorted(passed.items()):
            for worker in sorted(workers):
                # It belongs to the stack whose role it works under.
                stack = self._stock.places[role].stack
                self.services[worker] = replace(self.services[worker], stack=stack)
                edges.update(self._of_role(worker, role))
        return sorted(edges)

    def _is_worker(self, place: str) -> bool:
        return place in self.services and self.services[place].kind != "service"

    def _of_role(self, actor: str, role: str) -> Iterator[Edge]:
        for action, resource in self._rights.of(role):
            if not _REMOVALS.search(action):
                for target, behind in self._targets(actor, action, resource):
                    if target != actor:
                        yield from self._of_right(actor, action, target, behind)

    def _of_right(self, actor: str, action: str, target: str, behind: str) -> Iterator[Edge]:
        node = self._node(target)
        if not node.holds:
            if _STARTS.search(action) or node.kind == "service":
                yield Edge(actor, target)
            return
        look = bool(_LOOKS.search(action)) or (action.startswith("s3:") and not behind)
        evidence = Evidence.LOOK if look else Evidence.CONTENT
        label = _first(behind).strip("*") if node.kind == "bucket" else ""
        level = access_level(action)
        if level in ("Read", "List"):
            yield Edge(target, actor, label, evidence)
        elif level == "Write":
            yield Edge(actor, target, label, evidence)

    def _targets(self, actor: str, action: str, resource: str) -> Iterator[tuple[str, str]]:
        service = action.partition(":")[0]
        nodes = [each for each in named(resource) if each[0] in self._stock.nodes]
        kind, _, rest = resource.rpartition(":")[2].partition("/")
        if nodes:
            # An ARN names the larger first: a database, then its table.
            place, behind = nodes[-1]
            yield self._tables.get((place, _first(behind)), place), behind
        elif look := WORKERS.get(f"{service}:{kind}") or SERVICES.get(service):
            yield self._service(actor, service, look), ""
        elif types := [each for each, kinds in ARN_KINDS.items() if kind in kinds]:
            for place in self._stock.named([_first(rest)], types):
                yield place, ""

    def _service(self, actor: str, service: str, look: Look) -> str:
        place = f"{service}/{look.label}"
        made = Node(
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
        return self.services.setdefault(place, made).id

    def _node(self, place: str) -> Node:
        return self._stock.nodes.get(place) or self.services[place]


def _first(path: str) -> str:
    return path.strip("/").partition("/")[0]
