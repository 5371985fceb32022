"""What ties a template to one partition, or lets a copy in another Region overwrite it."""

import re
from collections.abc import Iterator

from stacks.shared.gate.findings import Finding
from stacks.shared.gate.resolved import Resolved

RULES = ("PARTITION_LITERAL", "NAME_WITHOUT_REGION")
# An ARN that names an account, or any, comes from who types it: it is in the partition of that.
_LITERAL = re.compile(r"\barn:aws[\w-]*:[\w-]*:[^:\s]*:(?!\d{12}|\*:)")
# Names that all Regions of an account share, though the resource belongs to one:
# docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html (dashboards are
# global) and IAM's user guide; read on 2026-11-28.
_GLOBAL_NAMES = {
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::Group": "GroupName",
    "AWS::S3::Bucket": "BucketName",
}


def findings(template: Resolved) -> Iterator[Finding]:
    """Partitions written out, and global names without the Region."""
    for resource in template.resources.values():
        literals = {
            match[0]
            for _, part in template.parts(resource)
            if isinstance(part, str)
            for match in _LITERAL.finditer(part)
        }
        if literals:
            yield Finding(
                "PARTITION_LITERAL",
                f"{min(literals)} exists in one partition only: write ${{AWS::Partition}}.",
                resource.logical_id,
            )
        name = _GLOBAL_NAMES.get(resource.type, "")
        for text in template.texts(resource.properties.get(name)):
            if "${AWS::Region}" not in text:
                yield Finding(
                    "NAME_WITHOUT_REGION",
                    f"all Regions of an account share the name {text}: put ${{AWS::Region}} into"
                    " it, or leave it out.",
                    resource.logical_id,
                )
