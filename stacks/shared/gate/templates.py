"""The templates of a synth, nested stacks included."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aws_cdk import IPolicyValidationContext


@dataclass(frozen=True)
class Template:
    """A synthesised template, and the account and Region of its stack, if known.

    Where the stack names no Region, it is the one that the CDK CLI deploys to, by the profile.
    """

    path: Path
    stack_path: str
    account: str | None
    region: str | None
    keeps_data: bool = False
    """Whether the stack has termination protection, as one whose data outlives it."""

    def body(self) -> dict[str, Any]:
        """What CloudFormation gets."""
        body: dict[str, Any] = json.loads(self.path.read_text())
        return body


def templates(context: IPolicyValidationContext) -> Iterator[Template]:
    """The CDK passes the stacks only; nested ones are among a stack's assets."""
    for stack in context.stack_templates:
        path = Path(stack.template_path)
        template = Template(
            path,
            stack.stack_construct_path,
            stack.account_id,
            stack.region or os.environ.get("CDK_DEFAULT_REGION"),
            _has_termination_protection(path),
        )
        yield template
        for nested in _nested(template.path):
            yield replace(template, path=nested)


def _has_termination_protection(template: Path) -> bool:
    manifest = json.loads((template.parent / "manifest.json").read_text())
    return any(
        artifact.get("properties", {}).get("templateFile") == template.name
        and bool(artifact["properties"].get("terminationProtection"))
        for artifact in manifest["artifacts"].values()
    )


def _nested(template: Path) -> Iterator[Path]:
    manifest = template.with_name(template.name.replace(".template.json", ".assets.json"))
    if not manifest.exists():
        return
    for asset in json.loads(manifest.read_text())["files"].values():
        name = asset["source"].get("path", "")
        if name.endswith(".nested.template.json"):
            yield template.with_name(name)
