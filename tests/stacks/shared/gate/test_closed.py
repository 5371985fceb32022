"""The list of closed services: which resources it reports, and the replacement that it names."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import cfnlint
import pytest
from aws_cdk import CfnResource, NestedStack, Stack

from stacks.shared.gate.closed import findings, table
from tests.stacks.shared.gate.small_app import refusal, small_app

TODAY = date(2026, 11, 20)
FLINK, NOTEBOOK = "KinesisAnalyticsV2::Application", "SageMaker::NotebookInstance"
FUNCTION = "AWS::Lambda::Function"


def rules(kind: str, properties: dict[str, Any], today: date = TODAY, **sections: Any) -> list[str]:
    """The rules that a template of one resource breaks."""
    template = {"Resources": {"A": {"Type": kind, "Properties": properties}}, **sections}
    return [finding.rule for finding in findings(template, today)]


# A type for each pattern in section 3.3 of aws-facts.md.
CLOSED_TYPES = re.findall(
    r"\S+",
    """
KinesisAnalytics::Application DataPipeline::Pipeline LookoutVision::Project LookoutMetrics::Alert
LookoutEquipment::InferenceScheduler Forecast::Dataset FraudDetector::Detector
Rekognition::StreamProcessor SageMaker::MonitoringSchedule SageMaker::DataQualityJobDefinition
SageMaker::ModelQualityJobDefinition SageMaker::ModelBiasJobDefinition
SageMaker::ModelExplainabilityJobDefinition SageMaker::HumanTaskUi SageMaker::Workteam
SageMaker::Workforce SageMaker::Device SageMaker::DeviceFleet S3ObjectLambda::AccessPoint
Timestream::Database Timestream::Table Timestream::ScheduledQuery CloudTrail::EventDataStore
CloudTrail::Dashboard Elasticsearch::Domain Bedrock::Agent Bedrock::AgentAlias
Cloud9::EnvironmentEC2 DirectoryService::SimpleAD Glue::DevEndpoint Greengrass::Group WAF::WebACL
WAFRegional::WebACL Inspector::AssessmentTarget IoTAnalytics::Channel IoTEvents::Input
RoboMaker::Fleet QLDB::Ledger Pinpoint::App AppMesh::Mesh Proton::ServiceTemplate OpsWorks::Stack
Evidently::Project AppRunner::Service AuditManager::Assessment Kendra::Index QBusiness::Application
ServiceCatalogAppRegistry::Application SSMIncidents::ResponsePlan FinSpace::Environment
""",
)
OPEN_TYPES = re.findall(
    r"\S+",
    """
KinesisAnalyticsV2::Application Timestream::InfluxDBInstance Rekognition::Collection
SageMaker::Endpoint CloudTrail::Trail WAFv2::WebACL GreengrassV2::ComponentVersion
InspectorV2::Filter Bedrock::KnowledgeBase IoT::TopicRule Glue::Job S3::Bucket
""",
)


@pytest.mark.parametrize("kind", CLOSED_TYPES)
def test_a_closed_resource_type_is_reported(kind: str) -> None:
    assert len(rules(f"AWS::{kind}", {})) == 1


@pytest.mark.parametrize("kind", OPEN_TYPES)
def test_a_similar_open_resource_type_is_not_reported(kind: str) -> None:
    assert rules(f"AWS::{kind}", {}) == []


@pytest.mark.parametrize(
    ("kind", "properties", "expected_rule"),
    [
        (FLINK, {"RuntimeEnvironment": "SQL-1_0"}, "KINESIS_ANALYTICS_SQL"),
        (FLINK, {"RuntimeEnvironment": "FLINK-1_13"}, "FLINK_VERSION"),
        (FLINK, {"RuntimeEnvironment": "FLINK-2_2"}, ""),
        (NOTEBOOK, {"InstanceType": "ml.p3dn.24xlarge"}, "INSTANCE_FAMILY"),
        (NOTEBOOK, {"InstanceType": "ml.m4.xlarge"}, "INSTANCE_FAMILY"),
        (NOTEBOOK, {"InstanceType": "ml.p4d.24xlarge"}, ""),
        (NOTEBOOK, {"PlatformIdentifier": "notebook-al2-v2"}, "NOTEBOOK_PLATFORM"),
        (NOTEBOOK, {"PlatformIdentifier": "notebook-al2023-v1"}, ""),
        (NOTEBOOK, {"AcceleratorTypes": ["ml.eia1.medium"]}, "ELASTIC_INFERENCE"),
        ("EC2::Instance", {"InstanceType": "g3s.xlarge"}, "INSTANCE_FAMILY"),
        ("EC2::Instance", {"InstanceType": "m4.large"}, ""),
        ("Batch::ComputeEnvironment", {"A": {"InstanceTypes": ["p2.xlarge"]}}, "INSTANCE_FAMILY"),
        ("Glue::Job", {"Command": {"Name": "glueray"}}, "GLUE_RAY"),
        ("SNS::Topic", {"DataProtectionPolicy": {"Name": "a"}}, "SNS_DATA_PROTECTION"),
    ],
)
def test_a_closed_feature_of_an_open_service_is_reported(
    kind: str, properties: dict[str, Any], expected_rule: str
) -> None:
    assert rules(f"AWS::{kind}", properties) == [expected_rule] * bool(expected_rule)


def test_a_closed_call_is_found_in_a_joined_definition() -> None:
    parts = ['{"Resource":"arn:', {"Ref": "AWS::Partition"}, ':states:::aws-sdk:forecast:x"}']
    definition = {"DefinitionString": {"Fn::Join": ["", parts]}}
    assert rules("AWS::StepFunctions::StateMachine", definition) == ["CLOSED_CALL"]


@pytest.mark.parametrize(
    ("runtime", "today", "closed"),
    [
        ("python3.12", date(2027, 10, 31), False),
        ("python3.12", date(2027, 11, 1), True),
        ("python3.11", TODAY, True),
        ("nodejs22.x", TODAY, True),
        ("nodejs24.x", TODAY, False),
        ("dotnet8", TODAY, True),
        ("provided.al2", TODAY, True),
        ("provided.al2023", TODAY, False),
        ("python2.7", TODAY, True),
        ("cobol", TODAY, True),
    ],
)
def test_a_runtime_is_reported_from_a_year_before_its_deprecation(
    runtime: str, today: date, closed: bool
) -> None:
    assert rules(FUNCTION, {"Runtime": runtime}, today) == ["LAMBDA_RUNTIME"] * closed


def test_a_runtime_from_a_mapping_is_reported_if_any_region_has_a_closed_one() -> None:
    runtime = {"Fn::FindInMap": ["Latest", {"Ref": "AWS::Region"}, "value"]}
    mapping = {"Latest": {"us-east-1": {"value": "nodejs24.x"}, "us-iso": {"value": "nodejs20.x"}}}
    assert rules(FUNCTION, {"Runtime": runtime}, Mappings=mapping) == ["LAMBDA_RUNTIME"]


def test_runtime_deprecation_dates_match_cfn_lint() -> None:
    path = Path(cfnlint.__file__).parent / "data/AdditionalSpecs/LmbdRuntimeLifecycle.json"
    lifecycles = json.loads(path.read_text())
    for runtime, end in table()["runtimes"].items():
        assert lifecycles[runtime]["deprecated"] == end.isoformat(), runtime
    supported = {name for name, row in lifecycles.items() if row["deprecated"] > "2027-11-20"}
    assert supported <= set(table()["runtimes"])


def test_a_closed_service_in_a_nested_stack_is_reported(tmp_path: Path) -> None:
    def plant(stack: Stack) -> None:
        nested = NestedStack(stack, "Nested")
        CfnResource(nested, "Pipeline", type="AWS::DataPipeline::Pipeline")

    output = refusal(small_app(tmp_path, plant))
    assert "Closed-Services::DATA_PIPELINE\n  at Small/Nested/Pipeline\n" in output
    assert "since 2024-07-25. Use Step Functions with Glue." in output
    assert "CloudFormation-Validate::F3003\n  at Small/Nested/Pipeline\n" in output
