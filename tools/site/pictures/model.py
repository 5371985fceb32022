"""The graph that the picture of an architecture shows: nodes, and what flows between them."""

from dataclasses import dataclass
from enum import IntEnum


class Evidence(IntEnum):
    """How precisely a template shows that data flows."""

    METADATA = 1  # a role may read the metadata of the resource, not its content
    CONTENT = 2  # a role may read or write its content
    PROPERTY = 3  # a resource names the other as its source or its target


@dataclass(frozen=True, order=True)
class Node:
    """A resource, a service, or something outside the stacks."""

    id: str  # stack and construct path; a logical id would add a hash of the same
    path: str
    stack: str
    group: str  # the first-level construct; empty if there is none
    kind: str
    label: str
    service: str
    icon: str
    holds: bool  # it stores data; otherwise it works


@dataclass(frozen=True, order=True)
class Edge:
    """Data flows from one node to another, or one starts the other."""

    source: str
    target: str
    label: str = ""
    evidence: Evidence = Evidence.CONTENT
    two_way: bool = False


@dataclass(frozen=True)
class Graph:
    """The nodes and edges of one architecture, and remarks in place of what is not drawn."""

    architecture: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    remarks: tuple[str, ...]

    def node(self, identifier: str) -> Node:
        """The node of this id. Raises KeyError."""
        for node in self.nodes:
            if node.id == identifier:
                return node
        raise KeyError(identifier)
