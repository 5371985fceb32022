"""A synthesised app, read once: its resources, what refers to what, and the rights of its roles."""

from tools.assembly.assembly import Assembly
from tools.assembly.intrinsics import Reference, readable
from tools.assembly.ownership import architecture_of
from tools.assembly.resources import Resource, Templates, paths
from tools.assembly.roles import Role, as_list
from tools.assembly.synthesis import synthesise

__all__ = [
    "Assembly",
    "Reference",
    "Resource",
    "Role",
    "Templates",
    "architecture_of",
    "as_list",
    "paths",
    "readable",
    "synthesise",
]
