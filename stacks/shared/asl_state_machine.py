"""A state machine from a file of `step_functions/`, logged, traced and encrypted."""

import re
from collections.abc import Mapping

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from repository import ROOT
from stacks.shared import gate
from stacks.shared.encrypted_log_group import EncryptedLogGroup
from stacks.shared.foundation import Foundation
from stacks.shared.service_role import ServiceRole

_BLANK = re.compile(r"\$\{(\w+)\}")


class AslStateMachine(sfn.StateMachine):
    """`step_functions/<workflow>.asl.json` with its `${Blanks}` filled in.

    Retries, waiting and the history of each run are the workflow's, not the code's (ET-15). It does
    what the notes have Data Pipeline for, which takes no new customers (ET-14).

    `express`: it runs five minutes at most, is billed by time, and its caller waits for it.
    Say what it may do with `service_role.allow`. Raises ValueError for a blank that is not filled,
    and for a filling that has no blank.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workflow: str,
        blanks: Mapping[str, str],
        foundation: Foundation,
        timeout: Duration,
        express: bool = False,
    ) -> None:
        text = (ROOT / "step_functions" / f"{workflow}.asl.json").read_text()
        placeholders = set(_BLANK.findall(text))
        if placeholders != set(blanks):
            raise ValueError(
                f"step_functions/{workflow}.asl.json: not filled in: "
                f"{', '.join(sorted(placeholders - set(blanks))) or 'nothing'}; "
                f"no such blank: {', '.join(sorted(set(blanks) - placeholders)) or 'nothing'}"
            )
        logs = EncryptedLogGroup(scope, f"{construct_id}Logs", foundation=foundation)
        key = foundation.key
        self.service_role = ServiceRole(
            scope, f"{construct_id}Role", "states", confused_deputy_guard=True
        )
        self.service_role.allow(
            "DeliverItsLogs",
            [
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:GetLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:UpdateLogDelivery",
            ],
            "*",
            wildcard_because="the API of log deliveries knows no resource",
        )
        self.service_role.allow(
            "Trace",
            [
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
                "xray:PutTelemetryRecords",
                "xray:PutTraceSegments",
            ],
            "*",
            wildcard_because="X-Ray knows no resource",
        )
        self.service_role.allow("UseTheKey", ["kms:Decrypt", "kms:GenerateDataKey"], key.key_arn)
        super().__init__(
            scope,
            construct_id,
            definition_body=sfn.DefinitionBody.from_string(text),
            definition_substitutions={**blanks},
            # Not to be added to: what it may do is said here, with a name for each reason.
            role=self.service_role.without_policy_updates(),
            state_machine_type=(
                sfn.StateMachineType.EXPRESS if express else sfn.StateMachineType.STANDARD
            ),
            timeout=timeout,
            tracing_enabled=True,
            encryption_configuration=sfn.CustomerManagedEncryptionConfiguration(
                # Imported, so that the key does not open itself wider for it.
                kms.Key.from_key_arn(scope, f"{construct_id}Key", key.key_arn)
            ),
            # Not what goes in and out: data has no place in logs.
            logs=sfn.LogOptions(
                destination=logs, level=sfn.LogLevel.ALL, include_execution_data=False
            ),
        )
        self.node.add_dependency(self.service_role)

    @property
    def executions_arn(self) -> str:
        """Every execution of this workflow."""
        name = f"{self.state_machine_name}:*"
        return Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def allow_distributed_map(self) -> None:
        """Allow what a Distributed Map does: start executions of this workflow, one an item.

        In a policy of its own: the role's first one must be there before the workflow is.
        """
        statements = {
            "StartItsChildren": (["states:StartExecution"], self.state_machine_arn),
            "WatchItsChildren": (
                ["states:DescribeExecution", "states:StopExecution"],
                self.executions_arn,
            ),
        }
        policy = iam.Policy(self, "Distribute", roles=[self.service_role])
        for purpose, (actions, resource) in statements.items():
            policy.add_statements(
                iam.PolicyStatement(sid=purpose, actions=actions, resources=[resource])
            )
        gate.accept_wildcards(policy, [self.executions_arn], "a Map Run names its executions")

    def allow_sync_jobs(self, service: str) -> None:
        """Allow the rule that tells Step Functions when a job of `service` has ended (`.sync`)."""
        rules = {
            "sagemaker": [
                f"StepFunctionsGetEventsForSageMaker{kind}JobsRule"
                for kind in ("Training", "Tuning", "Transform", "Processing")
            ],
            "athena": ["StepFunctionsGetEventsForAthenaQueryRule"],
        }[service]
        self.service_role.allow(
            f"WaitFor{service.title()}",
            ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
            *(
                Stack.of(self).format_arn(service="events", resource="rule", resource_name=rule)
                for rule in rules
            ),
        )

    def allow_pass_role(self, purpose: str, *roles: iam.IRole, to: str = "sagemaker") -> None:
        """Allow lending `roles` to one service, and to nobody else."""
        self.service_role.allow(
            purpose,
            ["iam:PassRole"],
            *(role.role_arn for role in roles),
            conditions={"StringEquals": {"iam:PassedToService": f"{to}.amazonaws.com"}},
        )
