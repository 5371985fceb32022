"""AWS WAF in front of the API: known attacks, and a rate limit per address."""

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.shared.encrypted_log_group import EncryptedLogGroup

# Managed rule groups -> rules that only count, because they would block valid requests: a hundred
# flights exceed the 8 KB of a body that the common rules allow.
_MANAGED = {
    "AWSManagedRulesCommonRuleSet": ["SizeRestrictions_BODY"],
    "AWSManagedRulesKnownBadInputsRuleSet": [],
}


class Firewall(Construct):
    """A web ACL on the API's stage, which logs blocked requests."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        api: apigateway.RestApi,
        requests_per_second: int,
    ) -> None:
        super().__init__(scope, construct_id)
        visibility = wafv2.CfnWebACL.VisibilityConfigProperty(
            cloud_watch_metrics_enabled=True,
            metric_name="PredictionApi",
            sampled_requests_enabled=False,
        )
        acl = wafv2.CfnWebACL(
            self,
            "Acl",
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            rules=[*_managed_rules(visibility), _rate_rule(requests_per_second, visibility)],
            visibility_config=visibility,
        )
        wafv2.CfnWebACLAssociation(
            self,
            "Guarded",
            resource_arn=(
                f"arn:{Aws.PARTITION}:apigateway:{Aws.REGION}::/restapis/{api.rest_api_id}"
                f"/stages/{api.deployment_stage.stage_name}"
            ),
            web_acl_arn=acl.attr_arn,
        )
        self._log_blocked_requests(acl, foundation)

    def _log_blocked_requests(self, acl: wafv2.CfnWebACL, foundation: PlatformFoundation) -> None:
        stack = Stack.of(self)
        # WAF writes only to log groups with this prefix.
        name = f"aws-waf-logs-{stack.stack_name}"
        logs = EncryptedLogGroup(self, "Blocked", foundation=foundation, log_group_name=name)
        configuration = wafv2.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=acl.attr_arn,
            log_destination_configs=[
                stack.format_arn(
                    service="logs",
                    resource="log-group",
                    resource_name=name,
                    arn_format=ArnFormat.COLON_RESOURCE_NAME,
                )
            ],
            # Allowed requests are in the API's access log. Signatures must not be logged.
            logging_filter={
                "DefaultBehavior": "DROP",
                "Filters": [
                    {
                        "Behavior": "KEEP",
                        "Requirement": "MEETS_ANY",
                        "Conditions": [{"ActionCondition": {"Action": "BLOCK"}}],
                    }
                ],
            },
            redacted_fields=[
                wafv2.CfnLoggingConfiguration.FieldToMatchProperty(
                    single_header={"Name": "authorization"}
                )
            ],
        )
        configuration.node.add_dependency(logs)


def _managed_rules(
    visibility: wafv2.CfnWebACL.VisibilityConfigProperty,
) -> list[wafv2.CfnWebACL.RuleProperty]:
    return [
        wafv2.CfnWebACL.RuleProperty(
            name=name,
            priority=number,
            override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
            statement=wafv2.CfnWebACL.StatementProperty(
                managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                    vendor_name="AWS",
                    name=name,
                    rule_action_overrides=[
                        wafv2.CfnWebACL.RuleActionOverrideProperty(
                            name=rule,
                            action_to_use=wafv2.CfnWebACL.RuleActionProperty(count={}),
                        )
                        for rule in only_counted
                    ]
                    or None,
                )
            ),
            visibility_config=visibility,
        )
        for number, (name, only_counted) in enumerate(_MANAGED.items())
    ]


def _rate_rule(
    requests_per_second: int, visibility: wafv2.CfnWebACL.VisibilityConfigProperty
) -> wafv2.CfnWebACL.RuleProperty:
    return wafv2.CfnWebACL.RuleProperty(
        name="Rate",
        priority=len(_MANAGED),
        action=wafv2.CfnWebACL.RuleActionProperty(block={}),
        statement=wafv2.CfnWebACL.StatementProperty(
            rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                # Requests in five minutes from one address.
                limit=max(100, requests_per_second * 300),
                aggregate_key_type="IP",
            )
        ),
        visibility_config=visibility,
    )
