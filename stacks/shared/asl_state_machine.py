"""A state machine from a file of `step_functions/`, logged, traced, encrypted and watched."""

import re
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import ArnFormat, Aws, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from repository import ROOT
from stacks.shared import gate
from stacks.shared.architecture_key import admit_log_delivery
from stacks.shared.encrypted_log_group import EncryptedLogGroup
from stacks.shared.foundation import Foundation
from stacks.shared.monitoring import AlarmOnAny
from stacks.shared.service_role import ServiceRole

_SUBSTITUTION = re.compile(r"\$\{(\w+)\}")


def definition_of(file: Path) -> str:
    """A file of `step_functions/` as templates hold it.

    The files name the partition `aws`, as AWS's own editors and validators want them; the template
    leaves it to CloudFormation.
    """
    return file.read_text().replace('"arn:aws:states:::', '"arn:${Partition}:states:::')


def _log_group_name(scope: Construct, construct_id: str) -> str:
    """Below the prefix that log deliveries are allowed to in one statement for all.

    Without it, each workflow adds a line to a resource policy of the account that holds 5,120
    characters: docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html, read on 2026-11-28.
    """
    stack = Stack.of(scope)
    path = scope.node.path.removeprefix(stack.node.path).strip("/")
    parts = filter(None, (stack.stack_name, path, construct_id))
    return f"/aws/vendedlogs/states/{'/'.join(parts)}"


class AslStateMachine(sfn.StateMachine):
    """`step_functions/<workflow>.asl.json`, its `${Substitutions}` filled in by CloudFormation.

    Retries, waits and the history of each execution belong to the workflow, not to code (ET-15). It
    does what the notes use Data Pipeline for, which is closed to new customers (ET-14).

    `workflow` is the path below `step_functions/`. `express` makes an Express workflow: it runs for
    at most five minutes, is billed by duration, and its caller waits for it. `runbook` says what to
    do when an execution has not succeeded. Grant permissions with `service_role.allow`. Raises
    ValueError if `substitutions` are not those of the file.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workflow: str,
        substitutions: Mapping[str, str],
        foundation: Foundation,
        timeout: Duration,
        runbook: str,
        express: bool = False,
    ) -> None:
        text = definition_of(ROOT / "step_functions" / f"{workflow}.asl.json")
        substitutions = {"Partition": Aws.PARTITION, **substitutions}
        names = set(_SUBSTITUTION.findall(text))
        if names != set(substitutions):
            raise ValueError(
                f"step_functions/{workflow}.asl.json: substitutions without a value: "
                f"{', '.join(sorted(names - set(substitutions))) or 'none'}; values that the file"
                f" does not use: {', '.join(sorted(set(substitutions) - names)) or 'none'}"
            )
        logs = EncryptedLogGroup(
            scope,
            f"{construct_id}Logs",
            foundation=foundation,
            log_group_name=_log_group_name(scope, construct_id),
        )
        key = self._key = foundation.key
        admit_log_delivery(key)
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
        # The only encryption context of log deliveries; the star is part of it, not a wildcard.
        log_source = Stack.of(scope).format_arn(
            service="logs", resource="*", arn_format=ArnFormat.NO_RESOURCE_NAME
        )
        self.service_role.allow(
            "EncryptItsLogs",
            ["kms:GenerateDataKey"],
            key.key_arn,
            conditions={"StringEquals": {"kms:EncryptionContext:SourceArn": log_source}},
        )
        super().__init__(
            scope,
            construct_id,
            definition_body=sfn.DefinitionBody.from_string(text),
            definition_substitutions={**substitutions},
            # Immutable, so the L2 cannot add grants: every permission is a named statement above.
            role=self.service_role.without_policy_updates(),
            state_machine_type=(
                sfn.StateMachineType.EXPRESS if express else sfn.StateMachineType.STANDARD
            ),
            timeout=timeout,
            tracing_enabled=True,
            encryption_configuration=sfn.CustomerManagedEncryptionConfiguration(
                # Imported by ARN, so that the L2 cannot add statements to the key's policy.
                kms.Key.from_key_arn(scope, f"{construct_id}Key", key.key_arn)
            ),
            # Without inputs and outputs: logs hold no data.
            logs=sfn.LogOptions(
                destination=logs, level=sfn.LogLevel.ALL, include_execution_data=False
            ),
        )
        self.node.add_dependency(self.service_role)
        self._allow_its_key(key)
        self._alarm(foundation.topic, runbook, express=express)

    def _alarm(self, topic: sns.ITopic, runbook: str, *, express: bool) -> None:
        period = Duration.minutes(5)
        ends: dict[str, cloudwatch.IMetric] = {
            "failed": self.metric_failed(period=period),
            "timedOut": self.metric_timed_out(period=period),
        }
        if not express:  # which nobody can stop:
            # docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html
            ends["aborted"] = self.metric_aborted(period=period)
        AlarmOnAny(self, "Unsuccessful", ends, topic=topic, runbook=runbook)

    def _allow_its_key(self, key: kms.IKey) -> None:
        """Allow the key for this workflow's definition and executions, and for nothing else.

        docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html: the encryption context
        names the workflow. The policy is separate because it does, too.
        """
        workflow = {"kms:EncryptionContext:aws:states:stateMachineArn": self.state_machine_arn}
        iam.Policy(self, "Encrypt", roles=[self.service_role]).add_statements(
            iam.PolicyStatement(
                sid="EncryptItsExecutions",
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[key.key_arn],
                conditions={"StringEquals": workflow},
            )
        )

    @property
    def executions_arn(self) -> str:
        """The ARN of every execution of this workflow."""
        name = f"{self.state_machine_name}:*"
        return Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def allow_distributed_map(self) -> None:
        """Allow what a Distributed Map does: start executions of this workflow, one per item.

        The policy is separate because it names the workflow, which needs the role's own policy.
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

    def allow_nested_workflows(self, *workflows: "AslStateMachine") -> None:
        """Allow starting `workflows`, waiting for them (`.sync:2`) and reading their histories."""
        executions = [workflow.executions_arn for workflow in workflows]
        self.service_role.allow(
            "StartNestedWorkflows",
            ["states:StartExecution"],
            *(workflow.state_machine_arn for workflow in workflows),
        )
        self.service_role.allow(
            "WatchNestedWorkflows",
            ["states:DescribeExecution", "states:GetExecutionHistory", "states:StopExecution"],
            *executions,
            wildcard_because="Step Functions names nested executions",
        )
        arns = [workflow.state_machine_arn for workflow in workflows]
        self.service_role.allow(
            "DecryptNestedWorkflows",
            ["kms:Decrypt"],
            self._key.key_arn,
            conditions={"StringEquals": {"kms:EncryptionContext:aws:states:stateMachineArn": arns}},
        )
        self.allow_sync("StepFunctionsExecution")

    def allow_sync(self, *jobs: str) -> None:
        """Allow the rules by which Step Functions learns that jobs ended (`.sync`).

        `jobs` are kinds as in the rules' names: `SageMakerTrainingJobs`, `StepFunctionsExecution`.
        """
        self.service_role.allow(
            "WaitForJobs",
            ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
            *(
                Stack.of(self).format_arn(
                    service="events",
                    resource="rule",
                    resource_name=f"StepFunctionsGetEventsFor{kind}Rule",
                )
                for kind in jobs
            ),
        )

    def allow_pass_role(self, purpose: str, *roles: iam.IRole, to: str = "sagemaker") -> None:
        """Allow passing `roles` to one service, and to no other."""
        self.service_role.allow(
            purpose,
            ["iam:PassRole"],
            *(role.role_arn for role in roles),
            conditions={"StringEquals": {"iam:PassedToService": f"{to}.amazonaws.com"}},
        )
