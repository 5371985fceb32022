"""The endpoint stack: API, drift check, roll-out and batch workflow; permissions and alarms."""

from typing import Any

import pytest

from reference import COMPARED
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
    """The statements of a role's inline policy by Sid."""
    policy = resources(template, "AWS::IAM::Policy")[f"{role}/DefaultPolicy"]["Properties"]
    policy_statements = readable(template, policy["PolicyDocument"]["Statement"])
    return {statement["Sid"]: statement for statement in policy_statements}


def test_the_api_requires_iam_and_validates_requests_by_the_schema(endpoint: Template) -> None:
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


def test_the_api_throttles_and_logs_the_caller_but_not_the_body(endpoint: Template) -> None:
    (stage,) = resources(endpoint, "AWS::ApiGateway::Stage").values()
    (settings,) = stage["Properties"]["MethodSettings"]
    assert settings["ThrottlingRateLimit"] == 50
    assert settings["DataTraceEnabled"] is False
    log_format = stage["Properties"]["AccessLogSetting"]["Format"]
    who = ("identity.caller", "identity.user", "identity.sourceIp")
    what = ("requestTime", "httpMethod", "resourcePath", "protocol", "status", "responseLength")
    assert [name for name in (*who, *what) if f"$context.{name}" not in log_format] == []
    assert "body" not in log_format.lower()


def test_the_accounts_log_role_is_a_choice_that_outlives_the_stack(
    synthesise: Templates,
) -> None:
    kind = "AWS::ApiGateway::Account"
    assert not resources(synthesise("sandbox")["MlEndpoint"], kind)
    template = synthesise("sandbox", ("ml_endpoint.api_log_role", "true"))["MlEndpoint"]
    (account,) = resources(template, kind).values()
    role = account["Properties"]["CloudWatchRoleArn"]["Fn::GetAtt"][0]
    policies = [
        policy
        for policy in resources(template, "AWS::IAM::Policy").values()
        if policy["Properties"]["Roles"] == [{"Ref": role}]
    ]
    assert policies
    for resource in (account, template["Resources"][role], *policies):
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain",) * 2


def test_only_environments_with_the_waf_setting_have_a_firewall(
    endpoint: Template, environment: str
) -> None:
    firewalls = resources(endpoint, "AWS::WAFv2::WebACL")
    assert bool(firewalls) is ENVIRONMENTS[environment].settings(MlEndpointSettings).waf
    assert len(resources(endpoint, "AWS::WAFv2::WebACLAssociation")) == len(firewalls)
    configurations = resources(endpoint, "AWS::WAFv2::LoggingConfiguration")
    assert len(configurations) == len(firewalls)
    for configuration in configurations.values():
        assert configuration["Properties"]["RedactedFields"] == [
            {"SingleHeader": {"Name": "authorization"}}
        ]


def test_the_firewall_does_not_block_large_bodies(synthesise: Templates) -> None:
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


def test_the_function_invokes_only_this_endpoint_and_runs_in_the_vpc(endpoint: Template) -> None:
    statement = statements(endpoint, "Prediction/PredictRole")["AskTheEndpoint"]
    assert statement["Action"] == "sagemaker:InvokeEndpoint"
    assert statement["Resource"].endswith(":endpoint/flight-delay")
    function = resources(endpoint, "AWS::Lambda::Function")["Prediction/Predict"]["Properties"]
    assert len(function["VpcConfig"]["SubnetIds"]) >= 2
    assert function["Timeout"] == 24


def test_without_a_runtime_vpc_endpoint_the_function_is_outside_the_vpc(
    synthesise: Templates,
) -> None:
    template = synthesise("sandbox", ("ml_network.interface_endpoints", "sagemaker.api"))
    function = resources(template["MlEndpoint"], "AWS::Lambda::Function")["Prediction/Predict"]
    assert "VpcConfig" not in function["Properties"]


def test_the_drift_check_writes_its_counts_and_nothing_else(
    endpoint: Template,
) -> None:
    role_statements = statements(endpoint, "Drift/DetectRole")
    read_statement = role_statements["ReadCapturesAndStatistics"]
    assert read_statement["Action"] == "s3:GetObject"
    assert [arn.partition("/")[2] for arn in read_statement["Resource"]] == [
        "capture/flight-delay/*",
        "drift/flight-delay/statistics.json",
    ]
    writing = [
        statement for statement in role_statements.values() if "PutObject" in flat(statement)
    ]
    assert [statement["Resource"].partition("/")[2] for statement in writing] == [
        "drift/flight-delay/history/*"
    ]


def test_the_drift_check_runs_hourly_and_alarms_on_the_largest_shift(
    synthesise: Templates,
) -> None:
    settings = (("ml_endpoint.drift_periods", "6"), ("ml_endpoint.drift_periods_to_alarm", "4"))
    template = synthesise("sandbox", *settings)["MlEndpoint"]
    rule = resources(template, "AWS::Events::Rule")["Drift/Hourly"]["Properties"]
    assert rule["ScheduleExpression"] == "rate(1 hour)"
    alarm = resources(template, "AWS::CloudWatch::Alarm")["Drift/Drift"]["Properties"]
    assert (alarm["MetricName"], alarm["Threshold"], alarm["Period"]) == ("LargestShift", 1, 3600)
    assert (alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (6, 4)


def test_the_dashboard_has_each_compared_feature(endpoint: Template) -> None:
    (dashboard,) = resources(endpoint, "AWS::CloudWatch::Dashboard").values()
    body = flat(dashboard["Properties"]["DashboardBody"])
    for feature in COMPARED:
        assert f'"{feature}"' in body.replace("\\", ""), feature


def test_drift_starts_a_training_only_if_the_setting_is_on(synthesise: Templates) -> None:
    def rules(*settings: tuple[str, str]) -> list[str]:
        return list(resources(synthesise("sandbox", *settings)["MlEndpoint"], "AWS::Events::Rule"))

    assert "Drift/Drifted" not in rules()
    assert "Drift/Drifted" in rules(("ml_endpoint.retrain_on_drift", "true"))


def test_only_an_approval_in_the_model_package_group_starts_a_roll_out(endpoint: Template) -> None:
    rule = resources(endpoint, "AWS::Events::Rule")["Deployment/Approved"]["Properties"]
    assert rule["EventPattern"]["detail"] == {
        "ModelPackageGroupName": ["flight-delay"],
        "ModelApprovalStatus": ["Approved"],
    }


def test_the_roll_out_may_pass_one_role_to_sagemaker_only(endpoint: Template) -> None:
    pass_role = statements(endpoint, "Deployment/WorkflowRole")["LendTheServingRole"]
    assert pass_role["Action"] == "iam:PassRole"
    assert pass_role["Resource"] == "{Role.Arn}"
    assert pass_role["Condition"] == {
        "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
    }


def test_the_roll_back_alarms_watch_single_metrics_of_the_champion(endpoint: Template) -> None:
    alarms = resources(endpoint, "AWS::CloudWatch::Alarm")
    for name, metric in (("Errors", "Invocation5XXErrors"), ("Latency", "ModelLatency")):
        alarm = alarms[f"RollBack/{name}"]["Properties"]
        assert alarm["MetricName"] == metric
        assert "Metrics" not in alarm
        assert {"Name": "VariantName", "Value": "champion"} in alarm["Dimensions"]
    # Half a second; SageMaker reports latency in microseconds.
    assert alarms["RollBack/Latency"]["Properties"]["Threshold"] == 500_000


def test_only_production_has_an_alarm_for_missing_traffic(
    endpoint: Template, environment: str
) -> None:
    alarms = resources(endpoint, "AWS::CloudWatch::Alarm")
    assert ("Operation/Silence" in alarms) is (environment == "production")


def test_the_batch_workflow_may_create_its_own_models_and_transform_jobs_only(
    endpoint: Template,
) -> None:
    role_statements = statements(endpoint, "Batch/WorkflowRole")
    model_statement = role_statements["BorrowAModel"]
    assert set(model_statement["Action"]) == {"sagemaker:CreateModel", "sagemaker:DeleteModel"}
    assert model_statement["Resource"].endswith(":model/flight-delay-batch-*")
    jobs = role_statements["RunItsJobs"]
    assert jobs["Resource"].endswith(":transform-job/*")
    assert {action for action in jobs["Action"] if "Job" in action} == {
        "sagemaker:CreateTransformJob",
        "sagemaker:DescribeTransformJob",
        "sagemaker:StopTransformJob",
    }
    assert not [
        statement
        for statement in role_statements.values()
        if "s3:GetObject" in str(statement["Action"])
    ]
    pass_role = role_statements["LendTheServingRole"]
    assert pass_role["Action"] == "iam:PassRole"
    assert pass_role["Condition"]["StringEquals"] == {
        "iam:PassedToService": "sagemaker.amazonaws.com"
    }
    guard_rail = role_statements["RefuseWithoutVolumeKmsKey"]
    assert guard_rail["Effect"] == "Deny"
    assert "sagemaker:CreateTransformJob" in guard_rail["Action"]


def test_the_model_role_reads_models_test_split_samples_and_transform_inputs(
    endpoint: Template,
) -> None:
    role_statements = statements(endpoint, "Role")
    read_prefixes = [
        arn.partition("/")[2]
        for statement in role_statements.values()
        if statement["Action"] == "s3:GetObject"
        for arn in (
            statement["Resource"]
            if isinstance(statement["Resource"], list)
            else [statement["Resource"]]
        )
    ]
    assert sorted(read_prefixes) == [
        "evaluation/*/smoke_test/flights.json",
        "models/*",
        "training/*split=test/*",
        "transform/*",
    ]
    write_statement = role_statements["WriteWhatItAnswered"]
    assert [arn.partition("/")[2] for arn in write_statement["Resource"]] == [
        "capture/*",
        "transform/*",
    ]


def test_a_pipeline_adds_the_preparation_container_and_its_read_permission(
    synthesise: Templates,
) -> None:
    def substitutions(*settings: tuple[str, str]) -> Any:
        template = synthesise("sandbox", *settings)["MlTraining"]
        (machine,) = resources(template, "AWS::StepFunctions::StateMachine").values()
        return readable(template, machine["Properties"]["DefinitionSubstitutions"])

    assert substitutions()["PrepareUri"] == "none"
    pipeline = ("ml_endpoint.pipeline", "true")
    assert substitutions(pipeline)["PrepareUri"].startswith("s3://cdk-")
    assert "sagemaker-scikit-learn:" in str(substitutions(pipeline)["PrepareImageUri"])
    role_statements = statements(synthesise("sandbox", pipeline)["MlEndpoint"], "Role")
    assert role_statements["ReadThePreparation"]["Resource"].endswith(".gz")
    assert "ReadThePreparation" not in statements(synthesise("sandbox")["MlEndpoint"], "Role")


def test_a_challenger_is_watched_as_the_champion_is(synthesise: Templates) -> None:
    """Otherwise a newcomer that fails would stay, and the alarms of the champion be silent."""
    template = synthesise("sandbox", ("ml_endpoint.roll_out", "challenger"))["MlEndpoint"]
    alarms = resources(template, "AWS::CloudWatch::Alarm")
    watched = {
        (name.removeprefix("RollBack/"), dimension["Value"])
        for name, alarm in alarms.items()
        if name.startswith("RollBack/")
        for dimension in alarm["Properties"]["Dimensions"]
        if dimension["Name"] == "VariantName"
    }
    assert watched == {
        ("Errors", "champion"),
        ("Latency", "champion"),
        ("ChallengerErrors", "challenger"),
        ("ChallengerLatency", "challenger"),
    }
    workflow = resources(template, "AWS::StepFunctions::StateMachine")["Deployment/Workflow"]
    assert (
        flat(workflow["Properties"]["DefinitionSubstitutions"]["RollBackAlarms"]).count("RollBack")
        == 4
    )
