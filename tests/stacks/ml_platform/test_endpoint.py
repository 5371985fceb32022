"""The API, the drift check and the roll-out: who may call what, and what is told to whom."""

from typing import Any

import pytest

from schemas import load
from stacks.catalogue import ENVIRONMENTS
from stacks.ml_platform.settings import MlEndpointSettings
from tests.conftest import Templates, flat, readable, resources

Template = dict[str, Any]


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def endpoint(synthesise: Templates, environment: str) -> Template:
    template: Template = synthesise(environment)["MlEndpoint"]
    return template


def statements(template: Template, role: str) -> dict[str, dict[str, Any]]:
    policy = resources(template, "AWS::IAM::Policy")[f"{role}/DefaultPolicy"]["Properties"]
    policy_statements = readable(template, policy["PolicyDocument"]["Statement"])
    return {statement["Sid"]: statement for statement in policy_statements}


def test_the_api_asks_for_iam_and_validates_by_the_one_schema(endpoint: Template) -> None:
    (method,) = (
        method["Properties"]
        for method in resources(endpoint, "AWS::ApiGateway::Method").values()
        if method["Properties"]["HttpMethod"] == "POST"
    )
    assert method["AuthorizationType"] == "AWS_IAM"
    assert "application/json" in method["RequestModels"]
    (model,) = resources(endpoint, "AWS::ApiGateway::Model").values()
    assert model["Properties"]["Schema"]["properties"] == load("prediction_request")["properties"]
    (validator,) = resources(endpoint, "AWS::ApiGateway::RequestValidator").values()
    assert validator["Properties"]["ValidateRequestBody"] is True


def test_the_api_throttles_and_logs_who_asked_but_not_what(endpoint: Template) -> None:
    (stage,) = resources(endpoint, "AWS::ApiGateway::Stage").values()
    (settings,) = stage["Properties"]["MethodSettings"]
    assert settings["ThrottlingRateLimit"] == 50
    assert settings["DataTraceEnabled"] is False
    log_format = stage["Properties"]["AccessLogSetting"]["Format"]
    assert "$context.identity" in log_format
    assert "body" not in log_format.lower()


def test_a_firewall_stands_before_production_alone(endpoint: Template, environment: str) -> None:
    firewalls = resources(endpoint, "AWS::WAFv2::WebACL")
    assert bool(firewalls) is ENVIRONMENTS[environment].settings(MlEndpointSettings).waf
    assert len(resources(endpoint, "AWS::WAFv2::WebACLAssociation")) == len(firewalls)
    logged = resources(endpoint, "AWS::WAFv2::LoggingConfiguration")
    assert len(logged) == len(firewalls)
    for logging in logged.values():
        assert logging["Properties"]["RedactedFields"] == [
            {"SingleHeader": {"Name": "authorization"}}
        ]


def test_the_firewall_lets_a_hundred_flights_pass(synthesise: Templates) -> None:
    template = synthesise("sandbox", ("ml_endpoint.waf", "true"))["MlEndpoint"]
    (firewall,) = resources(template, "AWS::WAFv2::WebACL").values()
    groups = {
        rule["Name"]: rule["Statement"]["ManagedRuleGroupStatement"]
        for rule in firewall["Properties"]["Rules"]
        if "ManagedRuleGroupStatement" in rule["Statement"]
    }
    (body,) = groups["AWSManagedRulesCommonRuleSet"]["RuleActionOverrides"]
    assert body == {"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}
    assert "RuleActionOverrides" not in groups["AWSManagedRulesKnownBadInputsRuleSet"]


def test_the_function_asks_this_endpoint_from_inside_the_vpc(endpoint: Template) -> None:
    asks = statements(endpoint, "Prediction/PredictRole")["AskTheEndpoint"]
    assert asks["Action"] == "sagemaker:InvokeEndpoint"
    assert asks["Resource"].endswith(":endpoint/flight-delay")
    function = resources(endpoint, "AWS::Lambda::Function")["Prediction/Predict"]["Properties"]
    assert len(function["VpcConfig"]["SubnetIds"]) >= 2
    assert function["Timeout"] == 24


def test_without_a_door_to_the_runtime_the_function_stays_outside(synthesise: Templates) -> None:
    template = synthesise("sandbox", ("ml_network.interface_endpoints", "sagemaker.api"))
    function = resources(template["MlEndpoint"], "AWS::Lambda::Function")["Prediction/Predict"]
    assert "VpcConfig" not in function["Properties"]


def test_the_drift_check_reads_captures_and_statistics_and_writes_nothing(
    endpoint: Template,
) -> None:
    may = statements(endpoint, "Drift/DetectRole")
    reads = may["ReadCapturesAndStatistics"]
    assert reads["Action"] == "s3:GetObject"
    assert [arn.partition("/")[2] for arn in reads["Resource"]] == [
        "capture/flight-delay/*",
        "drift/flight-delay/statistics.json",
    ]
    assert "PutObject" not in flat(may)


def test_drift_calls_for_a_training_only_where_the_setting_says_so(synthesise: Templates) -> None:
    def rules(*settings: tuple[str, str]) -> list[str]:
        return list(resources(synthesise("sandbox", *settings)["MlEndpoint"], "AWS::Events::Rule"))

    assert "Drift/Drifted" not in rules()
    assert "Drift/Drifted" in rules(("ml_endpoint.retrain_on_drift", "true"))


def test_only_an_approval_in_our_registry_starts_a_roll_out(endpoint: Template) -> None:
    rule = resources(endpoint, "AWS::Events::Rule")["Deployment/Approved"]["Properties"]
    assert rule["EventPattern"]["detail"] == {
        "ModelPackageGroupName": ["flight-delay"],
        "ModelApprovalStatus": ["Approved"],
    }


def test_the_roll_out_lends_one_role_to_sagemaker_alone(endpoint: Template) -> None:
    lends = statements(endpoint, "Deployment/WorkflowRole")["LendTheServingRole"]
    assert lends["Action"] == "iam:PassRole"
    assert lends["Resource"] == "{Role.Arn}"
    assert lends["Condition"] == {
        "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
    }


def test_the_alarms_that_roll_back_are_plain_metrics_of_the_champion(endpoint: Template) -> None:
    alarms = resources(endpoint, "AWS::CloudWatch::Alarm")
    for name, metric in (("Errors", "Invocation5XXErrors"), ("Latency", "ModelLatency")):
        alarm = alarms[f"RollBack/{name}"]["Properties"]
        assert alarm["MetricName"] == metric
        assert "Metrics" not in alarm
        assert {"Name": "VariantName", "Value": "champion"} in alarm["Dimensions"]
    # Half a second: SageMaker counts in microseconds.
    assert alarms["RollBack/Latency"]["Properties"]["Threshold"] == 500_000


def test_silence_alarms_in_production_alone(endpoint: Template, environment: str) -> None:
    alarms = resources(endpoint, "AWS::CloudWatch::Alarm")
    assert ("Operation/Silence" in alarms) is (environment == "production")


def test_a_batch_may_borrow_a_model_and_run_transforms_alone(endpoint: Template) -> None:
    may = statements(endpoint, "Batch/WorkflowRole")
    borrows = may["BorrowAModel"]
    assert set(borrows["Action"]) == {"sagemaker:CreateModel", "sagemaker:DeleteModel"}
    assert borrows["Resource"].endswith(":model/flight-delay-batch-*")
    jobs = may["RunItsJobs"]
    assert jobs["Resource"].endswith(":transform-job/*")
    assert {action for action in jobs["Action"] if "Job" in action} == {
        "sagemaker:CreateTransformJob",
        "sagemaker:DescribeTransformJob",
        "sagemaker:StopTransformJob",
    }
    assert not [
        statement for statement in may.values() if "s3:GetObject" in str(statement["Action"])
    ]
    lends = may["LendTheServingRole"]
    assert lends["Action"] == "iam:PassRole"
    assert lends["Condition"]["StringEquals"] == {"iam:PassedToService": "sagemaker.amazonaws.com"}
    refused = may["RefuseWithoutVolumeKmsKey"]
    assert refused["Effect"] == "Deny"
    assert "sagemaker:CreateTransformJob" in refused["Action"]


def test_the_served_model_reads_models_the_test_split_and_what_to_transform(
    endpoint: Template,
) -> None:
    may = statements(endpoint, "Role")
    reads = [
        place.partition("/")[2]
        for statement in may.values()
        if statement["Action"] == "s3:GetObject"
        for place in (
            statement["Resource"]
            if isinstance(statement["Resource"], list)
            else [statement["Resource"]]
        )
    ]
    assert sorted(reads) == ["models/*", "training/*split=test/*", "transform/*"]
    writes = may["WriteWhatItAnswered"]
    assert [arn.partition("/")[2] for arn in writes["Resource"]] == ["capture/*", "transform/*"]


def test_a_pipeline_puts_the_preparation_in_front_and_may_read_it(synthesise: Templates) -> None:
    def blanks(*settings: tuple[str, str]) -> Any:
        template = synthesise("sandbox", *settings)["MlTraining"]
        (machine,) = resources(template, "AWS::StepFunctions::StateMachine").values()
        return readable(template, machine["Properties"]["DefinitionSubstitutions"])

    assert blanks()["PrepareUri"] == "none"
    pipeline = ("ml_endpoint.pipeline", "true")
    assert blanks(pipeline)["PrepareUri"]["Fn::Sub"].startswith("s3://cdk-")
    assert "sagemaker-scikit-learn:" in str(blanks(pipeline)["PrepareImageUri"])
    may = statements(synthesise("sandbox", pipeline)["MlEndpoint"], "Role")
    assert may["ReadThePreparation"]["Resource"].endswith(".gz")
    assert "ReadThePreparation" not in statements(synthesise("sandbox")["MlEndpoint"], "Role")
