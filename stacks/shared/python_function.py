"""A Lambda function from a folder of `lambdas/`, with a role that may only write its logs.

An alarm tells when it fails, or when Lambda does not let it run.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.shared import gate
from stacks.shared.bundle import lambda_bundle
from stacks.shared.encrypted_log_group import EncryptedLogGroup
from stacks.shared.foundation import Foundation
from stacks.shared.monitoring import AlarmOnAny
from stacks.shared.service_role import ServiceRole

_RUNTIMES = {"3.13": lambda_.Runtime.PYTHON_3_13, "3.14": lambda_.Runtime.PYTHON_3_14}
# The local AWS runs functions on this machine's own Python, whatever they declare.
_DECLARED = "3.13"
_ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}
# One full vCPU; the functions are limited by CPU, not by memory.
MEMORY_MEBIBYTES = 1769


class PythonFunction(lambda_.Function):
    """The function `lambdas/<folder>/handler.py`; `service_role.allow` adds permissions.

    Functions that share code are packages of one folder, and share its bundle:
    `<architecture>/<function>/<package>`. Its logs are encrypted with the architecture's key and
    expire as the environment says. `runbook` says what to do when it fails.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        folder: str,
        timeout: Duration,
        variables: Mapping[str, str],
        runbook: str,
        **options: Any,
    ) -> None:
        log_group = EncryptedLogGroup(scope, f"{construct_id}Logs", foundation=foundation)
        self.service_role = ServiceRole(
            scope, f"{construct_id}Role", "lambda", confused_deputy_guard=False
        )
        self.service_role.allow(
            "WriteItsLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], log_group.log_group_arn
        )
        target = foundation.environment.lambda_target
        architecture, *packages = PurePosixPath(folder).parts
        bundle = lambda_bundle(f"{architecture}/{packages[0]}", target)
        super().__init__(
            scope,
            construct_id,
            # Its name holds a hash of its sources: the CDK need not read 200 MB again to make one.
            code=lambda_.Code.from_asset(str(bundle), asset_hash=bundle.name),
            handler=".".join([*packages, "handler", "handler"]),
            runtime=_RUNTIMES[_DECLARED if target.native else target.python_version],
            architecture=_ARCHITECTURES[target.architecture],
            memory_size=MEMORY_MEBIBYTES,
            timeout=timeout,
            role=self.service_role,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            environment={**variables},
            **options,
        )
        self._alarm(foundation.topic, runbook)
        gate.acknowledge(
            self,
            {
                "AwsSolutions::AwsSolutions-L1": "3.13 is patched until 2029-06-30, as long as"
                " 3.14, and more of the compiled packages have wheels for it"
            },
        )

    def admit_rule(self, scope: Construct, construct_id: str, rule: events.CfnRule) -> None:
        """Let EventBridge call the function on behalf of `rule`; adds a permission to `scope`."""
        lambda_.CfnPermission(
            scope,
            construct_id,
            action="lambda:InvokeFunction",
            function_name=self.function_arn,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )

    def _alarm(self, topic: sns.ITopic, runbook: str) -> None:
        period = Duration.minutes(5)
        AlarmOnAny(
            self,
            "Failing",
            {
                "errors": self.metric_errors(period=period),
                "throttles": self.metric_throttles(period=period),
            },
            topic=topic,
            runbook=f"{runbook} If it is throttled instead, the account's concurrency is used up:"
            " request more of it under Service Quotas.",
        )
