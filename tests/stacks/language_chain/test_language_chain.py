"""The language chain's templates: who may do what, how many at a time, and what is told to whom."""

from typing import Any

import pytest

from stacks.catalogue import environment_from
from stacks.environments import SettingsError
from stacks.language_chain.settings import LanguageChainSettings
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
def whole(synthesise: Templates) -> Template:
    """Everything that a setting adds."""
    settings = (SPEAKING, COLLECTIONS, *WORD_LISTS)
    template: Template = synthesise("sandbox", *settings)["LanguageChain"]
    return template


def statements(template: Template, role: str) -> dict[str, dict[str, Any]]:
    """Sid -> statement, of a role's own policy."""
    policy = resources(template, "AWS::IAM::Policy")[f"{role}/DefaultPolicy"]["Properties"]
    policy_statements = readable(template, policy["PolicyDocument"]["Statement"])
    return {statement["Sid"]: statement for statement in policy_statements}


def actions(template: Template, role: str) -> set[str]:
    action_lists = [action_list["Action"] for action_list in statements(template, role).values()]
    actions_found = {
        action
        for action_list in action_lists
        for action in (action_list if isinstance(action_list, list) else [action_list])
    }
    return {
        action
        for action in actions_found
        if action.partition(":")[0] not in ("logs", "xray", "kms")
    }


CHAIN = {
    "dynamodb:UpdateItem",
    "events:DescribeRule",
    "events:PutRule",
    "events:PutTargets",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObject",
    "sns:Publish",
    "states:DescribeExecution",
    "states:GetExecutionHistory",
    "states:StartExecution",
    "states:StopExecution",
}
LISTEN = {
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObject",
    "transcribe:GetTranscriptionJob",
    "transcribe:StartTranscriptionJob",
}
READ = {
    "comprehend:DetectDominantLanguage",
    "lambda:InvokeFunction",
    "states:StartSyncExecution",
}
SPEAK = {
    "polly:GetSpeechSynthesisTask",
    "polly:StartSpeechSynthesisTask",
    "s3:GetObject",
    "s3:PutObject",
}
PART = {
    "comprehend:DetectEntities",
    "comprehend:DetectKeyPhrases",
    "comprehend:DetectPiiEntities",
    "comprehend:DetectSentiment",
    "s3:GetObject",
    "s3:PutObject",
    "translate:TranslateText",
}


def test_each_workflow_is_allowed_what_its_states_call(whole: Template) -> None:
    for workflow, allowed in {
        "Chain": CHAIN,
        "Listen": LISTEN,
        "Read": READ,
        "Speak": SPEAK,
        "Part": PART,
    }.items():
        assert actions(whole, f"{workflow}/WorkflowRole") == allowed, workflow


def test_nothing_speaks_unless_a_setting_asks_for_it(template: Template) -> None:
    assert "Speak/Workflow" not in resources(template, "AWS::StepFunctions::StateMachine")
    assert "polly:" not in str(template)
    chain = resources(template, "AWS::StepFunctions::StateMachine")["Chain/Workflow"]["Properties"]
    assert chain["DefinitionSubstitutions"]["SpeakArn"] == "none"
    assert chain["DefinitionSubstitutions"]["Speak"] == "nothing"


def test_the_chain_starts_and_watches_its_own_workflows_only(whole: Template) -> None:
    chain_statements = statements(whole, "Chain/WorkflowRole")
    assert sorted(chain_statements["StartNestedWorkflows"]["Resource"]) == [
        "{Listen/Workflow}",
        "{Read/Workflow}",
        "{Speak/Workflow}",
    ]
    executions = chain_statements["WatchNestedWorkflows"]["Resource"]
    assert [arn.partition(":execution:")[2] for arn in executions] == [
        f"{{{name}/Workflow.Name}}:*" for name in ("Listen", "Read", "Speak")
    ]


def test_transcribe_writes_into_the_outbox_under_the_key_or_not_at_all(template: Template) -> None:
    statement = statements(template, "Listen/WorkflowRole")["StartTranscriptions"]
    assert set(statement["Condition"]["StringEquals"]) == {
        "transcribe:OutputBucketName",
        "transcribe:OutputEncryptionKMSKeyId",
    }


def test_a_collection_is_read_and_written_below_its_prefix_by_translate_alone(
    whole: Template,
) -> None:
    assert actions(whole, "Collections/TranslateRole") == {
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
    }
    role = resources(whole, "AWS::IAM::Role")["Collections/TranslateRole"]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "translate.amazonaws.com"}
    pass_role = statements(whole, "Collections/WorkflowRole")["LendTheRole"]
    assert pass_role["Condition"] == {
        "StringEquals": {"iam:PassedToService": "translate.amazonaws.com"}
    }


def test_an_upload_below_collections_starts_nothing_by_itself(template: Template) -> None:
    rule = resources(template, "AWS::Events::Rule")["Intake/Uploaded"]["Properties"]
    assert rule["EventPattern"]["detail"]["object"] == {
        "key": [{"anything-but": {"prefix": "collections/"}}]
    }


def test_the_intake_leaves_a_new_account_its_functions(template: Template) -> None:
    mapping = resources(template, "AWS::Lambda::EventSourceMapping")["Intake/Read"]["Properties"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    functions = resources(template, "AWS::Lambda::Function")
    assert not any(
        "ReservedConcurrentExecutions" in function["Properties"] for function in functions.values()
    )
    admit = functions["Intake/Admit"]["Properties"]
    at_once = int(admit["Environment"]["Variables"]["DOCUMENTS_AT_ONCE"])
    # Each document has one function running at most; the drift between them is for its retries.
    assert at_once + mapping["ScalingConfig"]["MaximumConcurrency"] < 10


def test_a_message_is_hidden_long_enough_and_kept_when_it_fails(template: Template) -> None:
    queue = resources(template, "AWS::SQS::Queue")["Intake/Messages"]["Properties"]
    admit = resources(template, "AWS::Lambda::Function")["Intake/Admit"]["Properties"]
    assert queue["VisibilityTimeout"] >= 6 * admit["Timeout"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    policies = resources(template, "AWS::SQS::QueuePolicy")
    assert "Intake/Undelivered/Policy" in policies


def test_alarms(template: Template) -> None:
    alarms = resources(template, "AWS::CloudWatch::Alarm")
    assert {path.removeprefix("Operation/") for path in alarms} == {
        "AdmitThrottled",
        "Failed",
        "Intake",
        "MergeThrottled",
        "PartsFailed",
        "PartsTimedOut",
        "Quarantined",
        "Slow",
        "SplitThrottled",
        "TimedOut",
        "TranslateThrottled",
        "Undelivered",
    }
    slow = alarms["Operation/Slow"]["Properties"]
    assert (slow["MetricName"], slow["Threshold"]) == ("OldestRunning", 5 * 3600)
    # What the sweep writes, with the dimension that Powertools gives it.
    assert [dimension["Name"] for dimension in slow["Dimensions"]] == ["service"]


def test_workflows_log_no_data_and_keep_their_history_under_the_key(whole: Template) -> None:
    workflows = resources(whole, "AWS::StepFunctions::StateMachine")
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


TYPES = {
    "AWS::Polly::Lexicon",
    "AWS::Transcribe::Vocabulary",
    "AWS::Transcribe::VocabularyFilter",
    "AWS::Translate::Terminology",
}


def test_word_lists_are_resources_where_cloudformation_has_them_and_calls_elsewhere(
    synthesise: Templates, template: Template, whole: Template
) -> None:
    by_cloudformation = synthesise(
        "sandbox", ("language_chain.word_lists_by", "cloudformation"), *WORD_LISTS
    )["LanguageChain"]

    def kinds(template: Template) -> list[str]:
        return sorted(
            resource["Type"]
            for resource in template["Resources"].values()
            if resource["Type"] in TYPES or resource["Type"] == "Custom::AWS"
        )

    assert kinds(template) == []
    assert kinds(by_cloudformation) == sorted(TYPES)
    assert kinds(whole) == ["Custom::AWS"] * len(TYPES)


def test_the_services_ask_for_the_lists_by_the_name_that_they_are_kept_under(
    whole: Template,
) -> None:
    workflows = resources(whole, "AWS::StepFunctions::StateMachine")
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
    # Polly takes twenty letters and digits.
    assert name.isalnum()
    assert len(name) <= 20
    lexicon = resources(whole, "Custom::AWS")["Words/Lexicon/Resource/Default"]["Properties"]
    assert name in str(lexicon["Create"])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"language_chain.documents_at_once": "10"},
            "documents_at_once times parts_at_a_time is 40, more than the 20 calls a second",
        ),
        ({"language_chain.formats": "pdf"}, "language_chain.formats=pdf"),
        ({"language_chain.formats": "none"}, "at least 1 item"),
        ({"language_chain.tolerated_percent": "101"}, "less than or equal to 100"),
        ({"language_chain.speak": "loudly"}, "'nothing', 'recordings' or 'everything'"),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_plain_words(
    settings: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence):
        environment_from(settings)


def test_more_documents_at_once_go_with_a_higher_quota() -> None:
    settings = {"language_chain.documents_at_once": "10", "language_chain.calls_a_second": "40"}
    assert environment_from(settings).settings(LanguageChainSettings).documents_at_once == 10
