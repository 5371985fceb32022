"""What all constructs of an architecture share: environment, key, alarm topic and budget."""

from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from stacks.environments import Environment
from stacks.shared.alarm_topic import AlarmTopic
from stacks.shared.architecture_key import ArchitectureKey
from stacks.shared.monthly_budget import MonthlyBudget


@dataclass(frozen=True)
class Foundation:
    """Passed to every construct of an architecture, so that none of these is passed by itself."""

    environment: Environment
    key: kms.IKey
    topic: sns.ITopic

    @classmethod
    def in_stack(
        cls, stack: Stack, environment: Environment, *, key_description: str, budget_usd: int | None
    ) -> "Foundation":
        """Create key, alarm topic and, if `budget_usd` is set, the monthly budget in `stack`."""
        key = ArchitectureKey(
            stack, "Key", description=key_description, keep_data=environment.keep_data
        )
        topic = AlarmTopic(stack, "Alarms", key=key, environment=environment)
        if budget_usd:
            MonthlyBudget(stack, "Budget", usd=budget_usd, topic=topic)
        return cls(environment, key, topic)
