"""CloudFormation Rules: a stack is refused where its services are not, before anything exists."""

from collections.abc import Iterable

from aws_cdk import Aws, CfnRule, CfnRuleAssertion, Fn, Stack

from stacks.shared.gate import regions


def need_region_with(stack: Stack, services: Iterable[str]) -> None:
    """Let `stack` be deployed only to Regions that have `services`, keys of the gate's table.

    For a deployment by the template alone: with the CDK CLI, the gate refuses it at synth.
    """
    for service in services:
        row = regions.services()[service]
        CfnRule(
            stack,
            f"RegionWith{service.title().replace('_', '')}",
            assertions=[
                CfnRuleAssertion(
                    assert_=Fn.condition_contains(row["regions"], Aws.REGION),
                    assert_description=f"This Region has no {row['name']}: {row['instead']}.",
                )
            ],
        )
