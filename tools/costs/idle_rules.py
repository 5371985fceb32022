"""What each type of resource costs a month while idle, as rules over its resolved properties."""

from collections.abc import Callable, Iterator, Mapping

from tools.assembly import Assembly, Resource
from tools.costs import scheduled
from tools.costs.assumptions import IDLE
from tools.costs.lines import Charge
from tools.costs.schedules import HOURS_A_MONTH, runs_a_month

_DAY_HOURS = 24
_HIGH_RESOLUTION_BELOW_SECONDS = 60

Rule = Callable[[Resource, Assembly], Iterator[Charge]]


def _stream(resource: Resource, _: Assembly) -> Iterator[Charge]:
    properties = resource.properties
    if properties.get("StreamModeDetails", {}).get("StreamMode") == "ON_DEMAND":
        yield Charge("hours of a stream on demand", "kinesis_on_demand_stream_hour", HOURS_A_MONTH)
        return
    hours = properties.get("ShardCount", 1) * HOURS_A_MONTH
    yield Charge("hours of the stream's shards", "kinesis_shard_hour", hours)
    # On demand, longer retention is billed by the GB.
    if properties.get("RetentionPeriodHours", _DAY_HOURS) > _DAY_HOURS:
        item = "shard hours that keep records for more than a day"
        yield Charge(item, "kinesis_extended_retention_shard_hour", hours)


def _key(_: Resource, __: Assembly) -> Iterator[Charge]:
    yield Charge("KMS key", "kms_key_month", 1)


def _alarm(resource: Resource, _: Assembly) -> Iterator[Charge]:
    properties = resource.properties
    metrics = [metric for metric in properties.get("Metrics", []) if "MetricStat" in metric]
    periods = [metric["MetricStat"]["Period"] for metric in metrics] or [properties["Period"]]
    for period in periods:
        high_resolution = period < _HIGH_RESOLUTION_BELOW_SECONDS
        key = "cloudwatch_alarm_highres_month" if high_resolution else "cloudwatch_alarm_month"
        yield Charge("metrics that alarms watch", key, 1)


def _dashboard(_: Resource, __: Assembly) -> Iterator[Charge]:
    yield Charge("CloudWatch dashboard", "cloudwatch_dashboard_month", 1)


def _endpoint(resource: Resource, _: Assembly) -> Iterator[Charge]:
    # Gateway endpoints, for S3 and DynamoDB, are free.
    if resource.properties["VpcEndpointType"] == "Interface":
        hours = len(resource.properties["SubnetIds"]) * HOURS_A_MONTH
        item = "hours of interface endpoints, in each zone"
        yield Charge(item, "vpc_interface_endpoint_az_hour", hours)


def _flow_log(resource: Resource, assembly: Assembly) -> Iterator[Charge]:
    interfaces = sum(
        len(endpoint.properties.get("SubnetIds", []))
        for endpoint in assembly.of_type("AWS::EC2::VPCEndpoint")
        if endpoint.stack == resource.stack
    )
    intervals = HOURS_A_MONTH * 3600 / resource.properties["MaxAggregationInterval"]
    gigabytes = interfaces * intervals * IDLE.flow_record_bytes / 1e9
    item = "GB of flow logs of interface endpoints without traffic"
    yield Charge(item, "cloudwatch_vended_logs_cw_gb", gigabytes)


def _firewall(resource: Resource, _: Assembly) -> Iterator[Charge]:
    yield Charge("web ACL", "waf_web_acl_month", 1)
    yield Charge("rules of the web ACL", "waf_rule_month", len(resource.properties["Rules"]))


def _notebook(resource: Resource, _: Assembly) -> Iterator[Charge]:
    gigabytes = resource.properties["VolumeSizeInGB"]
    item = "GB of the stopped notebook instance's volume"
    yield Charge(item, "sagemaker_storage_gb_month", gigabytes)


def _endpoint_config(resource: Resource, _: Assembly) -> Iterator[Charge]:
    for variant in resource.properties["ProductionVariants"]:
        if "InstanceType" in variant:
            yield hosting(variant["InstanceType"], variant["InitialInstanceCount"])


def hosting(instance_type: str, count: int, variant: str = "the model") -> Charge:
    """A month of the instances behind an endpoint."""
    return Charge(
        f"hours of {instance_type} that serve {variant}",
        instance_key(instance_type, "hosting"),
        count * HOURS_A_MONTH,
    )


def instance_key(instance_type: str, use: str) -> str:
    """The price sheet's row for an hour of a SageMaker instance used for hosting, training, ..."""
    return f"sagemaker_{instance_type.replace('.', '_')}_{use}_hour"


def _glue_trigger(resource: Resource, _: Assembly) -> Iterator[Charge]:
    if "Schedule" in resource.properties:
        runs = runs_a_month(resource.properties["Schedule"])
        hours = runs * IDLE.glue_run_workers * IDLE.glue_run_minutes / 60
        yield Charge("DPU hours of scheduled runs that find nothing", "glue_dpu_hour", hours)


def _crawler(resource: Resource, _: Assembly) -> Iterator[Charge]:
    if "Schedule" in resource.properties:
        runs = runs_a_month(resource.properties["Schedule"]["ScheduleExpression"])
        hours = runs * IDLE.crawl_dpu * IDLE.crawl_minutes / 60
        item = "DPU hours of scheduled crawls that find nothing"
        yield Charge(item, "glue_crawler_dpu_hour", hours)


def _event_source(resource: Resource, assembly: Assembly) -> Iterator[Charge]:
    sources = assembly.places_in(resource.properties["EventSourceArn"])
    if any(assembly.places[place].type == "AWS::SQS::Queue" for place in sources):
        polls = IDLE.pollers * HOURS_A_MONTH * 3600 / IDLE.poll_seconds
        yield Charge("million polls of a queue by Lambda", "sqs_standard_million", polls / 1e6)


RULES: Mapping[str, Rule] = {
    "AWS::Kinesis::Stream": _stream,
    "AWS::KMS::Key": _key,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::Dashboard": _dashboard,
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::EC2::FlowLog": _flow_log,
    "AWS::WAFv2::WebACL": _firewall,
    "AWS::SageMaker::NotebookInstance": _notebook,
    "AWS::SageMaker::EndpointConfig": _endpoint_config,
    "AWS::Glue::Trigger": _glue_trigger,
    "AWS::Glue::Crawler": _crawler,
    "AWS::Events::Rule": scheduled.rule,
    "AWS::Lambda::EventSourceMapping": _event_source,
    "AWS::Scheduler::Schedule": scheduled.scheduler,
}
