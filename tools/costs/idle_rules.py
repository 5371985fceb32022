"""What each type of resource costs a month by merely being there, as rules over its properties."""

from collections.abc import Callable, Iterator, Mapping

from tools.assembly import Resource, Templates
from tools.costs import schedules, sweep
from tools.costs.assumptions import IDLE
from tools.costs.lines import Charge
from tools.costs.schedules import HOURS_A_MONTH, runs_a_month

_DAY_HOURS = 24
_HIGH_RESOLUTION_BELOW_SECONDS = 60

Rule = Callable[[Resource, Templates], Iterator[Charge]]


def _stream(resource: Resource, _: Templates) -> Iterator[Charge]:
    setting = "streaming_lake.shards"
    if resource.properties["StreamModeDetails"]["StreamMode"] == "ON_DEMAND":
        yield Charge(
            "hours of a stream on demand", "kinesis_on_demand_stream_hour", HOURS_A_MONTH, setting
        )
        return
    hours = resource.properties["ShardCount"] * HOURS_A_MONTH
    yield Charge("hours of the stream's shards", "kinesis_shard_hour", hours, setting)
    # On demand, what is kept longer is paid by the GB.
    if resource.properties["RetentionPeriodHours"] > _DAY_HOURS:
        yield Charge(
            "shard hours that keep records for more than a day",
            "kinesis_extended_retention_shard_hour",
            hours,
            "streaming_lake.retention_hours",
        )


def _key(_: Resource, __: Templates) -> Iterator[Charge]:
    yield Charge("KMS key", "kms_key_month", 1)


def _alarm(resource: Resource, _: Templates) -> Iterator[Charge]:
    properties = resource.properties
    looked_at = [each for each in properties.get("Metrics", []) if "MetricStat" in each]
    periods = [each["MetricStat"]["Period"] for each in looked_at] or [properties["Period"]]
    for period in periods:
        fine = period < _HIGH_RESOLUTION_BELOW_SECONDS
        key = "cloudwatch_alarm_highres_month" if fine else "cloudwatch_alarm_month"
        yield Charge("metrics that alarms look at", key, 1)


def _dashboard(_: Resource, __: Templates) -> Iterator[Charge]:
    yield Charge("CloudWatch dashboard", "cloudwatch_dashboard_month", 1)


def _endpoint(resource: Resource, _: Templates) -> Iterator[Charge]:
    # Those of the type Gateway, for S3 and DynamoDB, are free.
    if resource.properties["VpcEndpointType"] == "Interface":
        yield Charge(
            "hours of interface endpoints, in each zone",
            "vpc_interface_endpoint_az_hour",
            len(resource.properties["SubnetIds"]) * HOURS_A_MONTH,
            "ml_network.interface_endpoints",
        )


def _flow_log(resource: Resource, templates: Templates) -> Iterator[Charge]:
    interfaces = sum(
        len(each["Properties"].get("SubnetIds", []))
        for each in templates[resource.stack]["Resources"].values()
        if each["Type"] == "AWS::EC2::VPCEndpoint"
    )
    intervals = HOURS_A_MONTH * 3600 / resource.properties["MaxAggregationInterval"]
    yield Charge(
        "GB of flow logs in which endpoints say that nothing happened",
        "cloudwatch_vended_logs_cw_gb",
        interfaces * intervals * IDLE.flow_record_bytes / 1e9,
        "ml_network.interface_endpoints",
    )


def _firewall(resource: Resource, _: Templates) -> Iterator[Charge]:
    yield Charge("web ACL", "waf_web_acl_month", 1, "ml_endpoint.waf")
    rules = len(resource.properties["Rules"])
    yield Charge("rules of the web ACL", "waf_rule_month", rules, "ml_endpoint.waf")


def _notebook(resource: Resource, _: Templates) -> Iterator[Charge]:
    yield Charge(
        "GB of the notebook's volume; it stands still",
        "sagemaker_storage_gb_month",
        resource.properties["VolumeSizeInGB"],
        "ml_notebook.volume_gibibytes",
    )


def _configuration(resource: Resource, _: Templates) -> Iterator[Charge]:
    for variant in resource.properties["ProductionVariants"]:
        if "InstanceType" in variant:
            yield serving(variant["InstanceType"], variant["InitialInstanceCount"])


def serving(instance_type: str, count: int, variant: str = "the champion") -> Charge:
    """A month of the instances behind an endpoint."""
    return Charge(
        f"hours of {instance_type} that serve {variant}",
        instance_key(instance_type, "hosting"),
        count * HOURS_A_MONTH,
        "ml_endpoint.minimum_instances",
    )


def instance_key(instance_type: str, use: str) -> str:
    """The sheet's key of an hour of an instance that is used for hosting, training, ..."""
    return f"sagemaker_{instance_type.replace('.', '_')}_{use}_hour"


def _trigger(resource: Resource, _: Templates) -> Iterator[Charge]:
    runs = runs_a_month(resource.properties["Schedule"])
    yield Charge(
        "DPU hours of scheduled runs that find nothing",
        "glue_dpu_hour",
        runs * IDLE.glue_run_workers * IDLE.glue_run_minutes / 60,
        "streaming_lake.curate_schedule",
    )


def _crawler(resource: Resource, _: Templates) -> Iterator[Charge]:
    if "Schedule" in resource.properties:
        runs = runs_a_month(resource.properties["Schedule"]["ScheduleExpression"])
        yield Charge(
            "DPU hours of scheduled crawls that find nothing",
            "glue_crawler_dpu_hour",
            runs * IDLE.crawl_dpu * IDLE.crawl_minutes / 60,
            "streaming_lake.crawl_schedule",
        )


def _poll(_: Resource, __: Templates) -> Iterator[Charge]:
    polls = IDLE.pollers * HOURS_A_MONTH * 3600 / IDLE.poll_seconds
    yield Charge("million polls of a queue by Lambda", "sqs_standard_million", polls / 1e6)


def _training(resource: Resource, _: Templates) -> Iterator[Charge]:
    runs = schedules.runs_a_month(resource.properties["ScheduleExpression"])
    yield Charge(
        "million calls of a schedule", "eventbridge_scheduler_million", runs / 1e6,
        "ml_training.schedule",
    )  # fmt: skip


RULES: Mapping[str, Rule] = {
    "AWS::Kinesis::Stream": _stream,
    "AWS::KMS::Key": _key,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::Dashboard": _dashboard,
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::EC2::FlowLog": _flow_log,
    "AWS::WAFv2::WebACL": _firewall,
    "AWS::SageMaker::NotebookInstance": _notebook,
    "AWS::SageMaker::EndpointConfig": _configuration,
    "AWS::Glue::Trigger": _trigger,
    "AWS::Glue::Crawler": _crawler,
    "AWS::Events::Rule": sweep.charges,
    "AWS::Lambda::EventSourceMapping": _poll,
    "AWS::Scheduler::Schedule": _training,
}
