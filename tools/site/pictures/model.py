"""What a picture of an architecture shows: nodes, and what flows between them."""

from dataclasses import dataclass
from enum import IntEnum


class Evidence(IntEnum):
    """How exactly a template says that something flows."""

    LOOK = 1  # a role may look at the thing, not at what is in it
    CONTENT = 2  # a role may read or write what is in it
    PROPERTY = 3  # a resource names the other as its source or its target


@dataclass(frozen=True, order=True)
class Node:
    """One thing of a picture: a resource, a service, or what stands outside the stacks."""

    id: str  # stack and path: no logical id, whose hash changes with the path anyway
    path: str
    stack: str
    group: str  # the first-level construct; empty: in none
    kind: str
    label: str
    service: str
    icon: str
    holds: bool  # data lies in it; otherwise it works


@dataclass(frozen=True, order=True)
class Edge:
    """Something flows from one node to another, or one sets the other going."""

    source: str
    target: str
    label: str = ""
    evidence: Evidence = Evidence.CONTENT
    both: bool = False


@dataclass(frozen=True)
class Graph:
    """The nodes and edges of one architecture, and what the picture says in words only."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    remarks: tuple[str, ...]

    def node(self, identifier: str) -> Node:
        """The node of this id. Raises KeyError."""
        for node in self.nodes:
            if node.id == identifier:
                return node
        raise KeyError(identifier)
