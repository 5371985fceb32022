"""The boxes of an architecture: the constructs that its stacks join, and the file of each."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from repository import ROOT
from stacks.catalogue import ARCHITECTURES


@dataclass(frozen=True)
class Box:
    """A construct in a stack: its id there, its class, and the file of the class."""

    stack: str
    id: str
    name: str
    path: str

    @property
    def anchor(self) -> str:
        """The anchor of its section on the page of the architecture."""
        return f"box-{self.stack}-{self.id}"

    @property
    def summary(self) -> str:
        """The docstring of the class, its first paragraph."""
        for node in ast.walk(ast.parse((ROOT / self.path).read_text())):
            if isinstance(node, ast.ClassDef) and node.name == self.name:
                return " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())
        raise LookupError(f"{self.path}: there is no class {self.name}")


def stack_files(architecture: str) -> dict[str, str]:
    """Stack name -> the file of its class."""
    return {
        stack.__name__: str(Path(inspect.getfile(stack)).relative_to(ROOT))
        for stack in ARCHITECTURES[architecture].stacks
    }


def boxes(architecture: str) -> Iterator[Box]:
    """Every box, in the order in which the stacks create them."""
    for stack, path in stack_files(architecture).items():
        tree = ast.parse((ROOT / path).read_text())
        files = {
            alias.name: f"{node.module.replace('.', '/')}.py"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        for node in ast.walk(tree):
            match node:
                case ast.Call(
                    func=ast.Name(id=name),
                    args=[ast.Name(id="self"), ast.Constant(value=str(identifier)), *_],
                ) if (files.get(name, "")).startswith("stacks/"):
                    yield Box(stack, identifier, name, files[name])


def files_beside(architecture: str) -> dict[str, list[str]]:
    """The other files of an architecture by kind: those in the folders of its name."""
    folder = ARCHITECTURES[architecture].folder
    return {
        "workflows": _files(f"step_functions/{folder}/*.asl.json"),
        "pipelines": _files(f"pipelines/{folder}/*.py"),
        "functions": _files(f"lambdas/{folder}/**/*.py"),
        "queries": _files(f"sql/{folder}/*.sql"),
        "jobs": _files(f"spark_jobs/{folder}/*/*.py"),
        "models": _files(f"models/{folder}/*/*.py"),
    }


def _files(pattern: str) -> list[str]:
    paths = (path.relative_to(ROOT) for path in sorted(ROOT.glob(pattern)))
    return [str(path) for path in paths if path.name != "__init__.py"]
