"""The language chain's template: permissions, concurrency limits, alarms and settings."""

import json
import re
from typing import Any

import botocore.session
import pytest
from botocore.model import StringShape

from stacks.catalogue import environment_from
from stacks.environments import SettingsError
from stacks.language_chain.settings import VOICES, LanguageChainSettings
from tests.conftest import Templates, readable, resources

Template = dict[str, Any]
WORD_LISTS = tuple(
    (f"language_chain.{name}", "true")
    for name in ("lexicon", "terminology", "vocabulary", "vocabulary_filter")
)
SPEAKING = ("language_chain.speak", "everything")
COLLECTIONS = ("language_chain.collections", "true")


@pytest.fixture
def template(synthesise: Templates) -> Template:
    template: Template = synthesise("sandbox")["LanguageChain"]
    return template


@pytest.fixture
def full_template(synthesise: Templates) -> Template:
    """The template with every optional feature switched on."""
    settings = (SPEAKING, COLLECTIONS, *WORD_LISTS)
    template: Template = synthesise("sandbox", *settings)["LanguageChain"]
    return template


def statements(template: Template, role: str) -> dict[str, dict[str, Any]]:
    """The statements of a role's inline policy by Sid."""
    policy = resources(template, "AWS::IAM::Policy")[f"{role}/DefaultPolicy"]["Properties"]
    policy_statements = readable(template, policy["PolicyDocument"]["Statement"])
    return {statement["Sid"]: statement for statement in policy_statements}


def actions(template: Template, role: str) -> set[str]:
    """The actions that a role allows, without those of logs, traces and keys."""
    action_lists = [statement["Action"] for statement in statements(template, role).values()]
    role_actions = {
        action
        for action_list in action_lists
        for action in (action_list if isinstance(action_list, list) else [action_list])
    }
    return {
        action for action in role_actions if action.partition(":")[0] not in ("logs", "xray", "kms")
    }


def test_speech_is_off_by_default(template: Template) -> None:
    assert "Speak/Workflow" not in resources(template, "AWS::StepFunctions::StateMachine")
    assert "polly:" not in str(template)
    chain = resources(template, "AWS::StepFunctions::StateMachine")["Chain/Workflow"]["Properties"]
    assert chain["DefinitionSubstitutions"]["SpeakArn"] == "none"
    assert chain["DefinitionSubstitutions"]["Speak"] == "nothing"


def test_the_chain_may_start_only_its_own_workflows(full_template: Template) -> None:
    chain_statements = statements(full_template, "Chain/WorkflowRole")
    assert sorted(chain_statements["StartNestedWorkflows"]["Resource"]) == [
        "{Listen/Workflow}",
        "{Read/Workflow}",
        "{Speak/Workflow}",
    ]
    executions = chain_statements["WatchNestedWorkflows"]["Resource"]
    assert [arn.partition(":execution:")[2] for arn in executions] == [
        f"{{{name}/Workflow.Name}}:*" for name in ("Listen", "Read", "Speak")
    ]


def test_a_transcription_must_name_the_output_bucket_and_the_key(template: Template) -> None:
    statement = statements(template, "Listen/WorkflowRole")["StartTranscriptions"]
    assert set(statement["Condition"]["StringEquals"]) == {
        "transcribe:OutputBucketName",
        "transcribe:OutputEncryptionKMSKeyId",
    }


def test_only_translate_may_assume_the_role_for_collections(
    full_template: Template,
) -> None:
    assert actions(full_template, "Collections/TranslateRole") == {
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
    }
    role = resources(full_template, "AWS::IAM::Role")["Collections/TranslateRole"]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "translate.amazonaws.com"}
    pass_role = statements(full_template, "Collections/WorkflowRole")["LendTheRole"]
    assert pass_role["Condition"] == {
        "StringEquals": {"iam:PassedToService": "translate.amazonaws.com"}
    }


def test_an_upload_below_collections_does_not_start_the_intake(template: Template) -> None:
    rule = resources(template, "AWS::Events::Rule")["Intake/Uploaded"]["Properties"]
    assert rule["EventPattern"]["detail"]["object"] == {
        "key": [{"anything-but": {"prefix": "collections/"}}]
    }


def test_the_intake_stays_below_the_concurrency_limit_of_a_new_account(template: Template) -> None:
    mapping = resources(template, "AWS::Lambda::EventSourceMapping")["Intake/Read"]["Properties"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    functions = resources(template, "AWS::Lambda::Function")
    assert not any(
        "ReservedConcurrentExecutions" in function["Properties"] for function in functions.values()
    )
    admit = functions["Intake/Admit"]["Properties"]
    at_once = int(admit["Environment"]["Variables"]["DOCUMENTS_AT_ONCE"])
    # A new account runs ten functions at a time, and a document needs one; the rest is for retries.
    assert at_once + mapping["ScalingConfig"]["MaximumConcurrency"] < 10


def test_the_queue_retries_a_message_and_then_sends_it_to_the_dead_letter_queue(
    template: Template,
) -> None:
    queue = resources(template, "AWS::SQS::Queue")["Intake/Messages"]["Properties"]
    admit = resources(template, "AWS::Lambda::Function")["Intake/Admit"]["Properties"]
    assert queue["VisibilityTimeout"] >= 6 * admit["Timeout"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    policies = resources(template, "AWS::SQS::QueuePolicy")
    assert "Intake/Undelivered/Policy" in policies


def test_alarms(template: Template) -> None:
    alarms = resources(template, "AWS::CloudWatch::Alarm")
    assert {path.removeprefix("Operation/") for path in alarms} >= {
        "DocumentsWait",
        "MessagesWait",
        "Silent",
        "Slow",
        "TranslateThrottled",
    }
    slow = alarms["Operation/Slow"]["Properties"]
    assert (slow["MetricName"], slow["Threshold"]) == ("OldestRunning", 5 * 3600)
    # The sweep publishes this metric, and Powertools adds the dimension `service`.
    assert [dimension["Name"] for dimension in slow["Dimensions"]] == ["service"]


def test_workflows_log_no_execution_data_and_encrypt_their_history(full_template: Template) -> None:
    workflows = resources(full_template, "AWS::StepFunctions::StateMachine")
    assert len(workflows) == 6
    for path, workflow in workflows.items():
        properties = workflow["Properties"]
        assert properties["LoggingConfiguration"]["IncludeExecutionData"] is False, path
        assert properties["EncryptionConfiguration"]["Type"] == "CUSTOMER_MANAGED_KMS_KEY", path


def test_outputs(template: Template) -> None:
    assert {
        "InputBucketName",
        "ResultsBucketName",
        "StateMachineArn",
        "DocumentsTableName",
        "WorkGroupName",
        "RedriveCommand",
    } <= set(template["Outputs"])


WORD_LIST_TYPES = {
    "AWS::Polly::Lexicon",
    "AWS::Transcribe::Vocabulary",
    "AWS::Transcribe::VocabularyFilter",
    "AWS::Translate::Terminology",
}


def test_word_lists_are_resources_or_api_calls_by_setting(
    synthesise: Templates, template: Template, full_template: Template
) -> None:
    cloudformation_template = synthesise(
        "sandbox", ("language_chain.word_lists_by", "cloudformation"), *WORD_LISTS
    )["LanguageChain"]

    def word_list_types(template: Template) -> list[str]:
        return sorted(
            resource["Type"]
            for resource in template["Resources"].values()
            if resource["Type"] in WORD_LIST_TYPES or resource["Type"] == "Custom::AWS"
        )

    assert word_list_types(template) == []
    assert word_list_types(cloudformation_template) == sorted(WORD_LIST_TYPES)
    assert word_list_types(full_template) == ["Custom::AWS"] * len(WORD_LIST_TYPES)


def test_the_deletion_of_a_word_list_that_is_gone_succeeds(full_template: Template) -> None:
    """Each deletion ignores the error that its service declares for a missing list."""
    custom = resources(full_template, "Custom::AWS")
    assert len(custom) == len(WORD_LIST_TYPES)
    for path, resource in custom.items():
        call = json.loads(readable(full_template, resource["Properties"]["Delete"]))
        service = botocore.session.get_session().get_service_model(call["service"].lower())
        operation = service.operation_model(call["action"][0].upper() + call["action"][1:])
        (missing,) = (
            error.name
            for error in operation.error_shapes
            if error.name.endswith("NotFoundException")
        )
        assert re.search(call["ignoreErrorCodesMatching"], missing), path


def test_workflows_refer_to_each_word_list_by_its_registered_name(
    full_template: Template,
) -> None:
    workflows = resources(full_template, "AWS::StepFunctions::StateMachine")
    names = {
        workflows[f"{workflow}/Workflow"]["Properties"]["DefinitionSubstitutions"][name]
        for workflow, name in (
            ("Listen", "Vocabulary"),
            ("Listen", "VocabularyFilter"),
            ("Part", "Terminology"),
            ("Speak", "Lexicon"),
        )
    }
    (name,) = names
    # A Polly lexicon's name has at most twenty letters and digits.
    assert name.isalnum()
    assert len(name) <= 20
    lexicon = resources(full_template, "Custom::AWS")["Words/Lexicon/Resource/Default"][
        "Properties"
    ]
    assert name in str(lexicon["Create"])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"language_chain.documents_at_once": "200"},
            "documents_at_once times parts_at_a_time is 800: the last of so many parts would wait",
        ),
        ({"language_chain.formats": "doc"}, "language_chain.formats=doc"),
        ({"language_chain.formats": "none"}, "at least 1 item"),
        ({"language_chain.tolerated_percent": "101"}, "less than or equal to 100"),
        ({"language_chain.speak": "loudly"}, "'nothing', 'recordings' or 'everything'"),
    ],
)
def test_an_invalid_setting_is_reported(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        environment_from(settings)


def test_a_higher_quota_allows_more_documents_at_once() -> None:
    rates = {
        f"language_chain.{api}_calls_a_second": "40" for api in ("translate", "sentiment", "search")
    }
    settings = environment_from({"language_chain.documents_at_once": "200", **rates})
    assert settings.settings(LanguageChainSettings).documents_at_once == 200


def test_redaction_tolerates_no_lost_part(synthesise: Templates) -> None:
    """What was not searched would be stored as it is."""
    for redact, tolerated in (("true", "0"), ("false", "5")):
        template = synthesise("sandbox", ("language_chain.redact", redact))["LanguageChain"]
        read = resources(template, "AWS::StepFunctions::StateMachine")["Read/Workflow"]
        assert read["Properties"]["DefinitionSubstitutions"]["ToleratedPercent"] == tolerated


def test_every_voice_is_one_of_polly() -> None:
    model = botocore.session.get_session().get_service_model("polly")
    voices = model.shape_for("VoiceId")
    assert isinstance(voices, StringShape)
    assert set(VOICES.values()) <= set(voices.enum)


def test_intermediate_parts_are_gone_a_day_after_they_expire(synthesise: Templates) -> None:
    template = synthesise("sandbox", ("language_chain.work_days", "3"))["LanguageChain"]
    rules = resources(template, "AWS::S3::Bucket")["Storage/Outbox"]["Properties"][
        "LifecycleConfiguration"
    ]["Rules"]
    by_prefix = {rule["Prefix"]: rule for rule in rules if "Prefix" in rule}
    assert set(by_prefix) == {"work/", "athena-results/"}
    for rule in by_prefix.values():
        assert rule["ExpirationInDays"] == 3
        assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_workflow_logs_are_below_the_prefix_of_log_deliveries(synthesise: Templates) -> None:
    template = synthesise("sandbox", ("name_prefix", "Blue-"))["Blue-LanguageChain"]
    names = [
        group["Properties"]["LogGroupName"]
        for path, group in resources(template, "AWS::Logs::LogGroup").items()
        if path.endswith("WorkflowLogs")
    ]
    assert len(names) == len(resources(template, "AWS::StepFunctions::StateMachine"))
    assert len(set(names)) == len(names)
    assert all(name.startswith("/aws/vendedlogs/states/Blue-LanguageChain/") for name in names)
