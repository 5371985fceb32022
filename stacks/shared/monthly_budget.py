"""A mail before the bill, not after it."""

from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_sns as sns
from constructs import Construct


class MonthlyBudget(Construct):
    """Tells the topic at 80 % of `usd` in a month, and when AWS forecasts more than all of it.

    Of the whole account: a filter by tag sees nothing before somebody activates the tag for
    billing, and the sandbox account is a person's own.
    """

    def __init__(self, scope: Construct, construct_id: str, *, usd: int, topic: sns.ITopic) -> None:
        super().__init__(scope, construct_id)
        budget = budgets.CfnBudget(
            self,
            "Resource",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                    ),
                    subscribers=[
                        budgets.CfnBudget.SubscriberProperty(
                            subscription_type="SNS", address=topic.topic_arn
                        )
                    ],
                )
                for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
            ],
        )
        # The Budgets guide lists a topic that Budgets may not publish to as invalid, so the topic's
        # policy comes first. Whether the API looks at it was not verified.
        budget.node.add_dependency(topic)
