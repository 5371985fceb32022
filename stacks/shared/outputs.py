"""Stack outputs: what the next command needs."""

from collections.abc import Mapping

from aws_cdk import CfnOutput, Stack


def add_outputs(stack: Stack, outputs: Mapping[str, str]) -> None:
    """Print `outputs` after a deployment."""
    for name, value in outputs.items():
        CfnOutput(stack, name, value=value)


def export_outputs(stack: Stack, outputs: Mapping[str, str]) -> None:
    """Print `outputs`, and let other architectures import them as `<stack name>-<output>`."""
    for name, value in outputs.items():
        CfnOutput(stack, name, value=value, export_name=f"{stack.stack_name}-{name}")
