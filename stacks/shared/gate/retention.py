"""What is kept and for how long: nothing lost by accident, and nothing kept against its promise."""

from collections.abc import Iterator

from stacks.shared.gate.findings import Finding
from stacks.shared.gate.resolved import Resolved, Resource

RULES = ("LIFECYCLE_DELETES_NOTHING", "LIFECYCLE_DELETES_LATE", "DELETION_UNSAID", "DATA_DELETED")

# What holds data that nothing else in a stack can make again.
_WITH_DATA = {
    "AWS::Cassandra::Table", "AWS::Cognito::UserPool", "AWS::DocDB::DBCluster",
    "AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table", "AWS::EC2::Volume",
    "AWS::ECR::Repository", "AWS::EFS::FileSystem", "AWS::Kinesis::Stream",
    "AWS::KMS::Key", "AWS::Neptune::DBCluster",
    "AWS::OpenSearchService::Domain", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster", "AWS::S3::Bucket", "AWS::S3Tables::TableBucket",
    "AWS::SecretsManager::Secret", "AWS::Timestream::InfluxDBInstance",
}  # fmt: skip


def findings(template: Resolved, *, keeps_data: bool) -> Iterator[Finding]:
    """Of the lifecycles of versioned buckets, and of the deletion of what holds data."""
    for bucket in template.of_type("S3::Bucket"):
        for rule, sentence in _lifecycle(template, bucket):
            yield Finding(rule, f"{sentence}.", bucket.logical_id)
    for resource in template.resources.values():
        if resource.type in _WITH_DATA:
            for rule, sentence in _deletion(resource, keeps_data=keeps_data):
                yield Finding(rule, f"{sentence}.", resource.logical_id)


def _deletion(resource: Resource, *, keeps_data: bool) -> Iterator[tuple[str, str]]:
    for name in ("DeletionPolicy", "UpdateReplacePolicy"):
        policy = resource.attributes.get(name)
        if policy is None:
            yield "DELETION_UNSAID", f"it holds data, and has no {name}: say Retain or Delete"
        elif keeps_data and policy not in ("Retain", "Snapshot", "RetainExceptOnCreate"):
            yield (
                "DATA_DELETED",
                f"{name} is {policy} in a stack with termination protection: set Retain",
            )


def _lifecycle(template: Resolved, bucket: Resource) -> Iterator[tuple[str, str]]:
    """In a versioned bucket, expiry writes a marker, and the bytes stay as a noncurrent version.

    docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-actions,
    read on 2026-11-28.
    """
    versioned = "Enabled" in template.texts(
        list(template.get(bucket.properties, "VersioningConfiguration", "Status"))
    )
    rules = list(template.get(bucket.properties, "LifecycleConfiguration", "Rules"))
    if not versioned:
        return
    for rule in rules:
        name = rule.get("Id", "without an id")
        if (
            not ({"ExpirationInDays", "ExpirationDate"} & set(rule))
            or rule.get("Status") != "Enabled"
        ):
            continue
        noncurrent_days = [
            int(text)
            for version_rule in rules
            if version_rule.get("Status") == "Enabled" and _covers(version_rule, rule)
            for text in template.texts(
                list(template.get(version_rule, "NoncurrentVersionExpiration", "NoncurrentDays"))
            )
            if text.isdigit()
        ]
        if not noncurrent_days:
            yield (
                "LIFECYCLE_DELETES_NOTHING",
                f"the rule {name} expires objects of a versioned bucket, and their versions stay"
                " for ever: set NoncurrentVersionExpiration",
            )
        elif min(noncurrent_days) > int(rule.get("ExpirationInDays") or min(noncurrent_days)):
            yield (
                "LIFECYCLE_DELETES_LATE",
                f"the rule {name} expires objects after {rule['ExpirationInDays']} days, and their"
                f" bytes stay for {min(noncurrent_days)} more: set its own"
                " NoncurrentVersionExpiration",
            )


def _covers(wide_rule: dict[str, object], narrow_rule: dict[str, object]) -> bool:
    """Whether a rule that filters by prefix alone applies to all that another one applies to."""
    filters = {"TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan"} & set(wide_rule)
    prefix = str(wide_rule.get("Prefix", ""))
    return not filters and str(narrow_rule.get("Prefix", "")).startswith(prefix)
