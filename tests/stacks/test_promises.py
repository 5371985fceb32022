"""Rules that every stack of every architecture must keep in every environment."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data

from stacks.catalogue import ENVIRONMENTS
from tests.conftest import Templates, flat, readable, resources

Statement = dict[str, Any]


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def templates(synthesise: Templates, environment: str) -> list[dict[str, Any]]:
    return list(synthesise(environment).values())


def of_type(templates: list[dict[str, Any]], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for template in templates:
        for path, resource in resources(template, kind).items():
            yield path, resource.get("Properties", {})


def statements(templates: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str, Statement]]:
    """Each statement of each identity policy, with its template and the policy's path."""
    for template in templates:
        for path, resource in resources(template, "AWS::IAM::Policy").items():
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                yield template, path, statement


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_buckets_are_encrypted_private_versioned_and_refuse_foreign_keys(
    templates: list[dict[str, Any]],
) -> None:
    for path, bucket in of_type(templates, "AWS::S3::Bucket"):
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}, path
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, path
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}, path
        if path.endswith("AccessLogs"):
            continue
        default = rule["ServerSideEncryptionByDefault"]
        assert default["SSEAlgorithm"] == "aws:kms", path
        assert "KMSMasterKeyID" in default, path
        assert rule["BucketKeyEnabled"] is True, path
        assert "DestinationBucketName" in bucket["LoggingConfiguration"], path


def test_buckets_queues_and_topics_deny_unencrypted_connections(
    templates: list[dict[str, Any]],
) -> None:
    kinds = {
        "AWS::S3::BucketPolicy": ("Bucket", "AWS::S3::Bucket"),
        "AWS::SQS::QueuePolicy": ("Queues", "AWS::SQS::Queue"),
        "AWS::SNS::TopicPolicy": ("Topics", "AWS::SNS::Topic"),
    }
    for kind, (target, owner) in kinds.items():
        guarded = []
        for _, policy in of_type(templates, kind):
            denied = [
                statement
                for statement in policy["PolicyDocument"]["Statement"]
                if statement["Effect"] == "Deny"
            ]
            insecure = {"Bool": {"aws:SecureTransport": "false"}}
            if any(statement["Condition"] == insecure for statement in denied):
                guarded += as_list(policy[target])
            if kind == "AWS::S3::BucketPolicy":
                assert "s3:TlsVersion" in flat(denied)
        assert len(guarded) == sum(len(resources(template, owner)) for template in templates), kind


def test_resources_with_data_are_encrypted(
    templates: list[dict[str, Any]],
) -> None:
    for path, key in of_type(templates, "AWS::KMS::Key"):
        assert key["EnableKeyRotation"] is True, path
    encryption_properties = {
        "AWS::Kinesis::Stream": "StreamEncryption",
        "AWS::Logs::LogGroup": "KmsKeyId",
        "AWS::SNS::Topic": "KmsMasterKeyId",
        "AWS::SQS::Queue": "KmsMasterKeyId",
        "AWS::Glue::Job": "SecurityConfiguration",
        "AWS::Glue::Crawler": "CrawlerSecurityConfiguration",
    }
    for kind, name in encryption_properties.items():
        for path, properties in of_type(templates, kind):
            assert name in properties, path


def test_logs_expire(templates: list[dict[str, Any]], environment: str) -> None:
    for path, group in of_type(templates, "AWS::Logs::LogGroup"):
        assert group["RetentionInDays"] == ENVIRONMENTS[environment].log_retention_days, path


def test_taggable_resources_have_both_tags(
    templates: list[dict[str, Any]], environment: str
) -> None:
    taggable = ["S3::Bucket", "KMS::Key", "Kinesis::Stream", "KinesisFirehose::DeliveryStream"]
    taggable += ["IAM::Role", "Lambda::Function", "Logs::LogGroup", "SNS::Topic", "SQS::Queue"]
    taggable += ["Glue::Job", "Glue::Crawler", "Athena::WorkGroup"]
    for kind in taggable:
        for path, properties in of_type(templates, f"AWS::{kind}"):
            if path.startswith("Custom::"):
                continue  # a helper resource of the CDK
            tags = properties.get("Tags", {})
            tag_values = (
                {tag["Key"]: tag["Value"] for tag in tags} if isinstance(tags, list) else tags
            )
            assert tag_values.get("environment") == environment, path
            assert tag_values.get("architecture"), path


def test_only_environments_that_keep_data_retain_it(
    templates: list[dict[str, Any]], environment: str
) -> None:
    policy = "Retain" if ENVIRONMENTS[environment].keep_data else "Delete"
    for template in templates:
        for kind in ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Kinesis::Stream"):
            for path, resource in resources(template, kind).items():
                assert resource["DeletionPolicy"] == policy, path
                assert resource["UpdateReplacePolicy"] == policy, path


def test_no_role_has_an_aws_managed_policy(templates: list[dict[str, Any]]) -> None:
    for path, role in of_type(templates, "AWS::IAM::Role"):
        assert "ManagedPolicyArns" not in role, path


def test_trust_in_a_service_is_limited_to_this_account(
    templates: list[dict[str, Any]],
) -> None:
    for path, role in of_type(templates, "AWS::IAM::Role"):
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            if statement["Principal"].get("Service") not in (
                "lambda.amazonaws.com",
                "glue.amazonaws.com",
                "apigateway.amazonaws.com",
            ):
                assert "aws:SourceAccount" in flat(statement), path


def test_statements_name_their_actions_and_the_actions_exist(
    templates: list[dict[str, Any]],
) -> None:
    for _, path, statement in statements(templates):
        assert re.fullmatch(r"[A-Za-z]+", statement["Sid"]), path
        for action in as_list(statement["Action"]):
            assert "*" not in action, f"{path}: {action}"
            service, name = action.split(":")
            assert get_action_data(service, name), f"{path}: {action} does not exist"


# These actions do not support resource-level permissions.
ACTIONS_WITHOUT_RESOURCES = {
    "cloudwatch:PutMetricData",
    "ec2:DescribeManagedPrefixLists",
    "ecr:GetAuthorizationToken",
    "glue:GetSecurityConfiguration",
}
# Step Functions needs these for log delivery and traces, API Gateway for its logs.
ACTIONS_WITHOUT_RESOURCES |= {
    "logs:CreateLogDelivery",
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:DescribeResourcePolicies",
    "logs:FilterLogEvents",
    "logs:GetLogDelivery",
    "logs:GetLogEvents",
    "logs:ListLogDeliveries",
    "logs:PutLogEvents",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
# These actions work on text, which is no resource.
ACTIONS_WITHOUT_RESOURCES |= {
    "comprehend:DetectDominantLanguage",
    "comprehend:DetectEntities",
    "comprehend:DetectKeyPhrases",
    "comprehend:DetectPiiEntities",
    "comprehend:DetectSentiment",
    "translate:TranslateText",
}
# Synthesis and translation jobs have no ARN, and a transcription job has none before it starts.
ACTIONS_WITHOUT_RESOURCES |= {
    "polly:GetSpeechSynthesisTask",
    "polly:StartSpeechSynthesisTask",
    "transcribe:StartTranscriptionJob",
    "translate:DescribeTextTranslationJob",
    "translate:StartTextTranslationJob",
}
# SageMaker and Lambda create and delete network interfaces under the job's or function's role, and
# reject a role that limits these actions to a resource.
ACTIONS_WITHOUT_RESOURCES |= {
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
}


def test_a_star_alone_is_the_resource_of_few_actions(templates: list[dict[str, Any]]) -> None:
    for template, path, statement in statements(templates):
        if statement["Effect"] == "Deny":
            continue  # a Deny statement may name every resource
        if "*" in as_list(readable(template, statement["Resource"])):
            assert set(as_list(statement["Action"])) <= ACTIONS_WITHOUT_RESOURCES, path


def test_no_template_contains_an_account_or_a_region(templates: list[dict[str, Any]]) -> None:
    for template in templates:
        for resource in template["Resources"].values():
            if "Code" in resource.get("Properties", {}):
                continue  # an asset's hash may contain twelve digits
            text = re.sub(r"[0-9a-f]{64}", "", flat(resource.get("Properties", {})))
            assert not re.search(r"(?<!\d)\d{12}(?!\d)", text)
            assert not re.search(r"\b(us|eu|ap|sa|ca|me|af)-[a-z]+-\d\b", text)


# Types with names that people type, or for which CloudFormation generates no name.
TYPES_WITH_FIXED_NAMES = {
    "AWS::Athena::WorkGroup",
    "AWS::Athena::NamedQuery",
    "AWS::Glue::DataQualityRuleset",
}
TYPES_WITH_FIXED_NAMES |= {"AWS::Glue::SecurityConfiguration", "AWS::CloudWatch::Alarm"}
TYPES_WITH_FIXED_NAMES |= {
    "AWS::SageMaker::NotebookInstanceLifecycleConfig",
    "AWS::SageMaker::Endpoint",
}
TYPES_WITH_FIXED_NAMES |= {"AWS::SageMaker::ModelPackageGroup", "AWS::ApiGateway::RestApi"}
TYPES_WITH_FIXED_NAMES |= {"AWS::SageMaker::Pipeline", "AWS::SageMaker::MlflowApp"}
TYPES_WITH_FIXED_NAMES |= {"AWS::ApiGateway::Stage"}
TYPES_WITH_FIXED_NAMES |= {
    "AWS::CloudWatch::Dashboard",
    "AWS::IAM::Policy",
}  # an inline policy must have one


# Services want the first two, and would make groups of the others themselves.
NAMES_OF_SERVICES = (
    *("aws-waf-logs-", "/aws/vendedlogs/states/"),
    *("/aws-glue/", "API-Gateway-Execution-Logs_{"),
)


def test_only_listed_types_have_fixed_names(
    templates: list[dict[str, Any]],
) -> None:
    for template in templates:
        for logical_id, resource in template["Resources"].items():
            kind = resource["Type"].rpartition("::")[2]
            names = {"Name", f"{kind}Name"} & set(resource.get("Properties", {}))
            if resource["Type"] == "AWS::Logs::LogGroup":
                log_group_name = readable(template, resource)["Properties"].get("LogGroupName", "")
                assert log_group_name.startswith(NAMES_OF_SERVICES) or not names, logical_id
            else:
                assert not names or resource["Type"] in TYPES_WITH_FIXED_NAMES, logical_id


def test_event_targets_and_jobs_have_retries_and_time_limits(
    templates: list[dict[str, Any]],
) -> None:
    for path, rule in of_type(templates, "AWS::Events::Rule"):
        for target in rule["Targets"]:
            assert "Arn" in target["DeadLetterConfig"], path
            assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0, path
            assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] > 0, path
    for path, job in of_type(templates, "AWS::Glue::Job"):
        assert job["MaxRetries"] > 0, path
        assert job["Timeout"] > 0, path


# Counts that tell of a state nobody looks at, by the type and the dimension that names it.
UNSEEN_STATES = {
    "AWS::StepFunctions::StateMachine": (
        "StateMachineArn",
        {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"},
    ),
    "AWS::Lambda::Function": ("FunctionName", {"Errors", "Throttles"}),
    "AWS::SQS::Queue": ("QueueName", {"ApproximateNumberOfMessagesVisible"}),
}


def watched_metrics(template: dict[str, Any]) -> set[tuple[str, str, str]]:
    """(dimension, logical id, metric) of what an alarm tells within 15 minutes if it is above 0."""
    watched = set()
    for _, alarm in of_type([template], "AWS::CloudWatch::Alarm"):
        above_0 = (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
        stats = [entry["MetricStat"] for entry in alarm.get("Metrics", []) if "MetricStat" in entry]
        periods = [stat["Period"] for stat in stats] or [alarm["Period"]]
        if max(periods) * alarm["EvaluationPeriods"] > 900:
            continue
        for metric in [stat["Metric"] for stat in stats] or [alarm]:
            for dimension in metric.get("Dimensions", []):
                owner = re.search(r'"(?:Ref|Fn::GetAtt)": \[?"(\w+)"', flat(dimension["Value"]))
                if above_0 and owner:
                    watched.add((dimension["Name"], owner[1], metric["MetricName"]))
    return watched


def test_every_workflow_function_and_dead_letter_queue_has_an_alarm(
    templates: list[dict[str, Any]],
) -> None:
    for template in templates:
        watched = watched_metrics(template)
        for logical_id, resource in template["Resources"].items():
            dimension, metrics = UNSEEN_STATES.get(resource["Type"], ("", set()))
            properties = resource.get("Properties", {})
            if "RedrivePolicy" in properties:
                continue  # a queue that is worked off, whose dead letters go to another one
            if resource["Type"] == "AWS::Lambda::Function" and is_of_the_cdk(resource):
                continue  # it runs while deploying, and CloudFormation tells of its failures
            if properties.get("StateMachineType") == "EXPRESS":
                metrics = metrics - {"ExecutionsAborted"}  # nobody can stop one
            missing = {
                metric for metric in metrics if (dimension, logical_id, metric) not in watched
            }
            assert not missing, f"{logical_id}: no alarm on {missing}"


def is_of_the_cdk(function: dict[str, Any]) -> bool:
    """Whether it is no `handler` of a folder of `lambdas/`: the CDK made it for CloudFormation."""
    return not function["Properties"]["Handler"].endswith("handler.handler")


def test_every_alarm_has_an_action(templates: list[dict[str, Any]]) -> None:
    for path, alarm in of_type(templates, "AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"], path
        assert alarm.get("ActionsEnabled", True) is True, path


def test_every_alarm_describes_cause_and_response(templates: list[dict[str, Any]]) -> None:
    """The description is part of the mail and of the runbook, and has at least two sentences."""
    for path, alarm in of_type(templates, "AWS::CloudWatch::Alarm"):
        description = alarm.get("AlarmDescription", "")
        assert len(re.findall(r"\w[.](?= |$)", description)) >= 2, path
