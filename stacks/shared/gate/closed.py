"""What new AWS customers can no longer get, or soon will not: such a template would not deploy.

CloudFormation and the CDK still accept most of it, so a valid type proves nothing. From AWS's
lists of services in maintenance and sunset, read on 2026-11-20.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import (
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
)


@dataclass(frozen=True)
class Closed:
    """A service or part of one: since when it cannot be had, and what to build with instead."""

    rule: str
    types: str
    since: str
    instead: str


_SERVICES = (
    Closed(
        "KINESIS_ANALYTICS_SQL",
        r"AWS::KinesisAnalytics::.*",
        "2026-01-27",
        "Managed Service for Apache Flink",
    ),
    Closed("DATA_PIPELINE", r"AWS::DataPipeline::.*", "2024-07-25", "Step Functions with Glue"),
    Closed(
        "LOOKOUT",
        r"AWS::Lookout(Vision|Metrics|Equipment)::.*",
        "2025-10-31",
        "a model of your own on SageMaker AI",
    ),
    Closed(
        "FORECAST", r"AWS::Forecast::.*", "2024-07-29", "SageMaker AI's AutoML jobs for time series"
    ),
    Closed(
        "FRAUD_DETECTOR",
        r"AWS::FraudDetector::.*",
        "2025-11-07",
        "an XGBoost endpoint on SageMaker AI",
    ),
    Closed(
        "REKOGNITION_STREAMING",
        r"AWS::Rekognition::StreamProcessor",
        "2026-04-30",
        "Kinesis Video's image generation, and Rekognition's image calls",
    ),
    Closed(
        "SAGEMAKER_MODEL_MONITOR",
        r"AWS::SageMaker::(MonitoringSchedule|DataQualityJobDefinition|ModelQualityJobDefinition)",
        "2026-07-30",
        "data capture and a drift check of your own",
    ),
    Closed(
        "SAGEMAKER_CLARIFY",
        r"AWS::SageMaker::(ModelBiasJobDefinition|ModelExplainabilityJobDefinition)",
        "2026-07-30",
        "bias metrics and SHAP of your own",
    ),
    Closed(
        "SAGEMAKER_GROUND_TRUTH",
        r"AWS::SageMaker::(HumanTaskUi|Workteam|Workforce)",
        "2026-07-30",
        "a labelling tool of your own that writes augmented manifests",
    ),
    Closed(
        "SAGEMAKER_EDGE",
        r"AWS::SageMaker::(Device|DeviceFleet)",
        "2024-04-26",
        "IoT Greengrass V2 with ONNX",
    ),
    Closed(
        "S3_OBJECT_LAMBDA",
        r"AWS::S3ObjectLambda::.*",
        "2025-11-07",
        "a Lambda function in front of S3",
    ),
    Closed(
        "TIMESTREAM_LIVE",
        r"AWS::Timestream::(Database|Table|ScheduledQuery)",
        "2025-06-20",
        "Timestream for InfluxDB, or Athena over S3",
    ),
    Closed(
        "CLOUDTRAIL_LAKE",
        r"AWS::CloudTrail::(EventDataStore|Dashboard)",
        "2026-05-31",
        "a trail in S3, queried with Athena",
    ),
    Closed("ELASTICSEARCH", r"AWS::Elasticsearch::.*", "2021-09-08", "OpenSearch Service"),
    Closed(
        "BEDROCK_AGENTS", r"AWS::Bedrock::(Agent|AgentAlias)", "2026-07-30", "Bedrock AgentCore"
    ),
    Closed("CLOUD9", r"AWS::Cloud9::.*", "2024-07-25", "an editor of your own"),
    Closed("SIMPLE_AD", r"AWS::DirectoryService::SimpleAD", "2026-07-30", "Managed Microsoft AD"),
    Closed(
        "GLUE_DEV_ENDPOINT", r"AWS::Glue::DevEndpoint", "2023-03-31", "Glue interactive sessions"
    ),
    Closed("GREENGRASS_V1", r"AWS::Greengrass::.*", "2026-10-07", "Greengrass V2"),
    Closed("WAF_CLASSIC", r"AWS::WAF(Regional)?::.*", "2026-10-07", "WAFv2"),
    Closed("INSPECTOR_CLASSIC", r"AWS::Inspector::.*", "2026-05-20", "Inspector v2"),
    Closed(
        "IOT_ANALYTICS",
        r"AWS::IoT(Analytics|Events)::.*",
        "2026-05-20",
        "IoT Core rules into Kinesis",
    ),
    Closed(
        "ENDED",
        r"AWS::(RoboMaker|QLDB|Pinpoint|AppMesh|Proton|OpsWorks|Evidently)::.*",
        "2026-10-07",
        "another service: this one has ended",
    ),
)

# When each Lambda runtime loses its patches.
_RUNTIME_ENDS = {
    "python3.12": date(2028, 10, 31),
    "python3.13": date(2029, 6, 30),
    "python3.14": date(2029, 6, 30),
    "nodejs22.x": date(2027, 4, 30),
    "nodejs24.x": date(2028, 4, 30),
}
_OWN_RUNTIMES = re.compile(r"(provided\.al2023|java(21|25)|dotnet(8|10)|ruby3\.[34])$")
_DEAD_INSTANCES = re.compile(r"^(ml\.)?(p2|p3|p3dn|g3|g3s|m4|c4|eia1|eia2)\.")
_DEAD_NOTEBOOKS = {"notebook-al1-v1", "notebook-al2-v1", "notebook-al2-v2", "notebook-al2-v3"}


@dataclass(frozen=True)
class Finding:
    """One closed thing in a template."""

    rule: str
    logical_id: str
    sentence: str


def findings(template: dict[str, Any], today: date) -> Iterator[Finding]:
    """Everything in a template that is closed, or will be within a year of `today`."""
    for logical_id, resource in template.get("Resources", {}).items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        for closed in _SERVICES:
            if re.fullmatch(closed.types, kind):
                yield Finding(
                    closed.rule,
                    logical_id,
                    f"{kind} cannot be had by new customers since {closed.since}. "
                    f"Use {closed.instead}.",
                )
        for rule, sentence in _engines(kind, properties, today):
            yield Finding(rule, logical_id, sentence)


def _engines(kind: str, properties: dict[str, Any], today: date) -> Iterator[tuple[str, str]]:
    if kind == "AWS::Lambda::Function" and isinstance(runtime := properties.get("Runtime"), str):
        end = _RUNTIME_ENDS.get(runtime)
        soon = end is not None and end <= today + timedelta(days=365)
        if soon or (end is None and not _OWN_RUNTIMES.match(runtime)):
            when = f"ends on {end}" if end else "has ended or is not known here"
            yield "LAMBDA_RUNTIME", f"The runtime {runtime} {when}. Use python3.13 or nodejs24.x."
    if kind == "AWS::Glue::Job":
        version = str(properties.get("GlueVersion", "0"))
        if not re.fullmatch(r"(5\.[01]|6\.0)", version):
            yield "GLUE_VERSION", f"Glue {version} is not offered to keep. Use 5.1 or 6.0."
        if properties.get("Command", {}).get("Name") == "glueray":
            yield "GLUE_RAY", "Glue for Ray cannot be had since 2026-04-30. Use Spark."
    if properties.get("RuntimeEnvironment") == "SQL-1_0":
        yield "KINESIS_ANALYTICS_SQL", "SQL-1_0 has ended on 2026-01-27. Use FLINK-2_2."
    for name, value in _leaves(properties):
        if name in ("AcceleratorType", "AcceleratorTypes"):
            yield "ELASTIC_INFERENCE", "Elastic Inference has ended. Use ml.inf2 or serverless."
        if "InstanceType" in name and _DEAD_INSTANCES.match(value):
            yield "INSTANCE_FAMILY", f"{value} has been retired. Use m7i, c7i or g6."
        if name == "PlatformIdentifier" and value in _DEAD_NOTEBOOKS:
            yield "NOTEBOOK_PLATFORM", f"{value} has ended. Use notebook-al2023-v1."


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, name)
    elif isinstance(value, str):
        yield name, value


@jsii.implements(IPolicyValidationPlugin)
class ClosedServices:
    """The plugin that the CDK calls with every template."""

    @property
    def name(self) -> str:
        """As acknowledgments name it: `Closed-Services::<rule>`."""
        return "Closed Services"

    @property
    def version(self) -> str | None:
        """Not reported."""
        return None

    @property
    def rule_ids(self) -> list[str] | None:
        """Not reported."""
        return None

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Report everything that is closed as an error."""
        today = datetime.now(UTC).date()
        violations = [
            PolicyViolation(
                rule_name=finding.rule,
                description=finding.sentence,
                severity="error",
                violating_resources=[
                    PolicyViolatingResource(
                        resource_logical_id=finding.logical_id,
                        template_path=stack.template_path,
                        locations=[],
                    )
                ],
            )
            for stack in context.stack_templates
            for finding in findings(json.loads(Path(stack.template_path).read_text()), today)
        ]
        return PolicyValidationPluginReport(success=not violations, violations=violations)
