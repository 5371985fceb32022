"""Every upload is noted once, and its workflow started once, however often it is told of."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from environments import Environment
from stacks.shared.alarm_topic import DeadLetterQueue
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.python_function import PythonFunction


class Documents(dynamodb.Table):
    """The status of every document: received, running, done, or failed and why."""

    def __init__(
        self, scope: Construct, construct_id: str, *, key: kms.IKey, environment: Environment
    ) -> None:
        keep = environment.keep_data
        super().__init__(
            scope,
            construct_id,
            partition_key=dynamodb.Attribute(
                name="document_id", type=dynamodb.AttributeType.STRING
            ),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=keep,
            removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
        )


class Intake(Construct):
    """Upload -> EventBridge -> function -> a row of the table, and an execution of that name."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        inbox: s3.IBucket,
        documents: Documents,
        chain: AslStateMachine,
        key: kms.IKey,
        environment: Environment,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = PythonFunction(
            self,
            "Receive",
            folder="receive_document",
            key=key,
            environment=environment,
            timeout=Duration.seconds(30),
            variables={
                "DOCUMENTS_TABLE": documents.table_name,
                "STATE_MACHINE_ARN": chain.state_machine_arn,
                "KEEP_DAYS": f"{environment.language_chain.status_days}",
            },
        )
        role = self.function.service_role
        role.may("NoteTheDocument", ["dynamodb:PutItem"], documents.table_arn)
        role.may_use_key("UseTheTablesKey", key, "dynamodb")
        role.may("StartItsWorkflow", ["states:StartExecution"], chain.state_machine_arn)
        role.may_use_key("EncryptItsInput", key, "states")
        self.undelivered = DeadLetterQueue(self, "Undelivered", key=key)
        rule = events.CfnRule(
            self,
            "Uploaded",
            description="A document was uploaded: let it through the chain",
            event_pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"bucket": {"name": [inbox.bucket_name]}},
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="Receive",
                    arn=self.function.function_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                        arn=self.undelivered.queue_arn
                    ),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_retry_attempts=185, maximum_event_age_in_seconds=24 * 3600
                    ),
                )
            ],
        )
        self.undelivered.admit(rule)
        lambda_.CfnPermission(
            self,
            "MayReceive",
            action="lambda:InvokeFunction",
            function_name=self.function.function_arn,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )
