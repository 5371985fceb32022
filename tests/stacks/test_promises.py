"""What every architecture promises, run over every stack of every environment."""

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
    """Every statement of every identity policy."""
    for template in templates:
        for path, resource in resources(template, "AWS::IAM::Policy").items():
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                yield template, path, statement


def listed(value: Any) -> list[Any]:
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


def test_buckets_queues_and_topics_refuse_what_is_not_encrypted_in_transit(
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
            denied = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
            insecure = {"Bool": {"aws:SecureTransport": "false"}}
            if any(statement["Condition"] == insecure for statement in denied):
                guarded += listed(policy[target])
            if kind == "AWS::S3::BucketPolicy":
                assert "s3:TlsVersion" in flat(denied)
        assert len(guarded) == sum(len(resources(t, owner)) for t in templates), kind


def test_everything_at_rest_is_under_the_architectures_key(
    templates: list[dict[str, Any]],
) -> None:
    for path, key in of_type(templates, "AWS::KMS::Key"):
        assert key["EnableKeyRotation"] is True, path
    where = {
        "AWS::Kinesis::Stream": "StreamEncryption",
        "AWS::Logs::LogGroup": "KmsKeyId",
        "AWS::SNS::Topic": "KmsMasterKeyId",
        "AWS::SQS::Queue": "KmsMasterKeyId",
        "AWS::Glue::Job": "SecurityConfiguration",
        "AWS::Glue::Crawler": "CrawlerSecurityConfiguration",
    }
    for kind, name in where.items():
        for path, properties in of_type(templates, kind):
            assert name in properties, path


def test_logs_expire(templates: list[dict[str, Any]], environment: str) -> None:
    for path, group in of_type(templates, "AWS::Logs::LogGroup"):
        assert group["RetentionInDays"] == ENVIRONMENTS[environment].log_retention_days, path


def test_every_resource_that_can_carry_them_carries_both_tags(
    templates: list[dict[str, Any]], environment: str
) -> None:
    taggable = ["S3::Bucket", "KMS::Key", "Kinesis::Stream", "KinesisFirehose::DeliveryStream"]
    taggable += ["IAM::Role", "Lambda::Function", "Logs::LogGroup", "SNS::Topic", "SQS::Queue"]
    taggable += ["Glue::Job", "Glue::Crawler", "Athena::WorkGroup"]
    for kind in taggable:
        for path, properties in of_type(templates, f"AWS::{kind}"):
            if path.startswith("Custom::"):
                continue  # the CDK's own helper
            tags = properties.get("Tags", {})
            tag_values = {t["Key"]: t["Value"] for t in tags} if isinstance(tags, list) else tags
            assert tag_values.get("environment") == environment, path
            assert tag_values.get("architecture"), path


def test_data_stays_in_production_and_goes_elsewhere(
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
        if not path.startswith("Custom::"):
            assert "ManagedPolicyArns" not in role, path


def test_roles_that_services_assume_on_request_name_the_account(
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
        for action in listed(statement["Action"]):
            assert "*" not in action, f"{path}: {action}"
            service, name = action.split(":")
            assert get_action_data(service, name), f"{path}: {action} does not exist"


# The API of each knows no resource to name.
STARS = {
    "cloudwatch:PutMetricData",
    "ec2:DescribeManagedPrefixLists",
    "ecr:GetAuthorizationToken",
    "glue:GetSecurityConfiguration",
}
# Log deliveries and traces of Step Functions, and API Gateway's role for logs.
STARS |= {
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
# Text is no resource.
STARS |= {
    "comprehend:DetectDominantLanguage",
    "comprehend:DetectEntities",
    "comprehend:DetectKeyPhrases",
    "comprehend:DetectPiiEntities",
    "comprehend:DetectSentiment",
    "translate:TranslateText",
}
# A synthesis task and a translation job are none, and a transcription job is none before its start.
STARS |= {
    "polly:GetSpeechSynthesisTask",
    "polly:StartSpeechSynthesisTask",
    "transcribe:StartTranscriptionJob",
    "translate:DescribeTextTranslationJob",
    "translate:StartTextTranslationJob",
}
# SageMaker and Lambda make and remove network interfaces under the role of what they run, and
# refuse it if one of these asks for a resource.
STARS |= {
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
            continue  # a refusal is the safer the wider it is
        if "*" in listed(readable(template, statement["Resource"])):
            assert set(listed(statement["Action"])) <= STARS, path


def test_no_account_and_no_region_is_written_down(templates: list[dict[str, Any]]) -> None:
    for template in templates:
        for resource in template["Resources"].values():
            if "Code" in resource.get("Properties", {}):
                continue  # an asset's hash may hold any digits
            text = re.sub(r"[0-9a-f]{64}", "", flat(resource.get("Properties", {})))
            assert not re.search(r"(?<!\d)\d{12}(?!\d)", text)
            assert not re.search(r"\b(us|eu|ap|sa|ca|me|af)-[a-z]+-\d\b", text)


# What people type, and what CloudFormation does not name by itself.
NAMED = {"AWS::Athena::WorkGroup", "AWS::Athena::NamedQuery", "AWS::Glue::DataQualityRuleset"}
NAMED |= {"AWS::Glue::SecurityConfiguration", "AWS::CloudWatch::Alarm"}
NAMED |= {"AWS::SageMaker::NotebookInstanceLifecycleConfig", "AWS::SageMaker::Endpoint"}
NAMED |= {"AWS::SageMaker::ModelPackageGroup", "AWS::ApiGateway::RestApi"}
NAMED |= {"AWS::ApiGateway::Stage"}
NAMED |= {"AWS::CloudWatch::Dashboard", "AWS::IAM::Policy"}  # an inline policy must have one


def test_names_are_generated_unless_the_name_is_the_contract(
    templates: list[dict[str, Any]],
) -> None:
    for template in templates:
        for logical_id, resource in template["Resources"].items():
            kind = resource["Type"].rpartition("::")[2]
            names = {"Name", f"{kind}Name"} & set(resource.get("Properties", {}))
            # WAF asks for this beginning.
            dictated = str(resource.get("Properties", {}).get("LogGroupName", "aws-waf-logs-"))
            if resource["Type"] == "AWS::Logs::LogGroup":
                assert dictated.startswith("aws-waf-logs-"), logical_id
            else:
                assert not names or resource["Type"] in NAMED, logical_id


def test_what_is_asynchronous_has_retries_an_end_and_a_dead_letter_place(
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


def test_every_alarm_tells_somebody(templates: list[dict[str, Any]]) -> None:
    for path, alarm in of_type(templates, "AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"], path
        assert alarm.get("ActionsEnabled", True) is True, path


def test_every_alarm_says_what_to_do(templates: list[dict[str, Any]]) -> None:
    """It comes with the mail, and the runbook is made from it: a sentence on what, one on how."""
    for path, alarm in of_type(templates, "AWS::CloudWatch::Alarm"):
        description = alarm.get("AlarmDescription", "")
        assert len(re.findall(r"\w[.](?= |$)", description)) >= 2, path
