"""A synthesised assembly as if deployed: every reference is a name or an ARN."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from zlib import crc32

from local.services.iam.permission import ACCOUNT, PARTITION, REGION, Arguments
from tools.assembly import Assembly, Resource

_IN_BRACES = re.compile(r"\{([^{}]+)\}")
_FIND_IN_MAP = re.compile(r"\{'Fn::FindInMap': \['([^']+)', '([^']+)', '([^']+)'\]\}")
_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": PARTITION,
    "AWS::Region": REGION,
    "AWS::URLSuffix": "amazonaws.com",
}
_REGIONAL = f"arn:{PARTITION}:{{service}}:{REGION}:{ACCOUNT}:"
# Type -> its ARN, the name left blank, and the property that may hold the name.
_ARNS = {
    "AWS::CloudWatch::Alarm": (_REGIONAL.format(service="cloudwatch") + "alarm:{}", "AlarmName"),
    "AWS::DynamoDB::Table": (_REGIONAL.format(service="dynamodb") + "table/{}", "TableName"),
    "AWS::Events::Rule": (_REGIONAL.format(service="events") + "rule/{}", "Name"),
    "AWS::IAM::Role": (f"arn:{PARTITION}:iam::{ACCOUNT}:role/{{}}", "RoleName"),
    "AWS::KMS::Key": (_REGIONAL.format(service="kms") + "key/{}", ""),
    "AWS::Kinesis::Stream": (_REGIONAL.format(service="kinesis") + "stream/{}", "Name"),
    "AWS::Lambda::Function": (_REGIONAL.format(service="lambda") + "function:{}", "FunctionName"),
    "AWS::Logs::LogGroup": (_REGIONAL.format(service="logs") + "log-group:{}:*", "LogGroupName"),
    "AWS::S3::Bucket": (f"arn:{PARTITION}:s3:::{{}}", "BucketName"),
    "AWS::SNS::Topic": (_REGIONAL.format(service="sns") + "{}", "TopicName"),
    "AWS::SQS::Queue": (_REGIONAL.format(service="sqs") + "{}", "QueueName"),
    "AWS::Scheduler::Schedule": (_REGIONAL.format(service="scheduler") + "schedule/default/{}", ""),
    "AWS::StepFunctions::StateMachine": (
        _REGIONAL.format(service="states") + "stateMachine:{}",
        "StateMachineName",
    ),
}
# Types whose `Ref` is a name, and where it stands.
_NAMES = {
    "AWS::Athena::WorkGroup": ("Name",),
    "AWS::Glue::Database": ("DatabaseInput", "Name"),
    "AWS::Glue::Table": ("TableInput", "Name"),
}
# Types whose `Ref` is an id that EC2 generates, and its prefix.
_GENERATED_IDS = {"AWS::EC2::SecurityGroup": "sg", "AWS::EC2::Subnet": "subnet"}
_RESOURCE_POLICIES = {"AWS::SNS::TopicPolicy": "Topics", "AWS::SQS::QueuePolicy": "Queues"}
# Types whose `Ref` is the ARN.
_REF_IS_ARN = {"AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"}
# Type -> the property that holds its key.
_KEYS = {
    "AWS::DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
    "AWS::Kinesis::Stream": ("StreamEncryption", "KeyId"),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::SQS::Queue": ("KmsMasterKeyId",),
    "AWS::StepFunctions::StateMachine": ("EncryptionConfiguration", "KmsKeyId"),
}


class Deployed:
    """Resources with concrete properties, and what IAM needs to know of them.

    `neighbour` is what is deployed in another account, which shares some of it.
    """

    def __init__(
        self, assembly: Assembly, account: str = ACCOUNT, neighbour: "Deployed | None" = None
    ) -> None:
        self._assembly, self.account, self.neighbour = assembly, account, neighbour
        self._requests: dict[tuple[str, str], Arguments] = {}

    def concrete(self, value: Any) -> Any:
        """A resolved value, every reference in it replaced by a name or an ARN."""
        match value:
            case str():
                text = _IN_BRACES.sub(lambda match: self._named(match[1]), value)
                return _FIND_IN_MAP.sub(lambda match: self._mapped(*match.groups()), text)
            case list():
                return [self.concrete(item) for item in value]
            case Mapping():
                return {key: self.concrete(item) for key, item in value.items()}
        return value

    def _named(self, reference: str) -> str:
        if reference in _PSEUDO:
            return _PSEUDO[reference].replace(ACCOUNT, self.account)
        places = self._assembly.places
        place, attribute = reference, ""
        if place not in places:
            place, _, attribute = reference.rpartition(".")
        if place not in places:
            return f"{{{reference}}}"  # JSON, or a variable of a policy
        resource = places[place]
        if resource.type in _NAMES and not attribute:
            return str(self.concrete(_at(resource.properties, _NAMES[resource.type])))
        if resource.type not in _ARNS:
            return _generated_id(resource.type, reference)
        if attribute == "Arn" or (not attribute and resource.type in _REF_IS_ARN):
            return self.arn(resource)
        return self.name(resource)

    def _mapped(self, mapping: str, first: str, second: str) -> str:
        """What `Fn::FindInMap` finds; the resolver leaves it as text."""
        for template in self._assembly.templates.values():
            if mapping in template.get("Mappings", {}):
                return str(template["Mappings"][mapping][first][second])
        raise AssertionError(f"no mapping {mapping}")

    def name(self, resource: Resource) -> str:
        """The physical name of a resource: the template's, or one made of its path."""
        _, name_property = _ARNS[resource.type]
        name = resource.properties.get(name_property)
        return self.concrete(name) if name else _slug(resource.place)

    def arn(self, resource: Resource) -> str:
        """The ARN of a resource."""
        return _ARNS[resource.type][0].replace(ACCOUNT, self.account).format(self.name(resource))

    @cached_property
    def by_arn(self) -> dict[str, Resource]:
        """ARN -> resource, of the types whose ARNs are known."""
        return {
            self.arn(resource): resource
            for resource in self._assembly.places.values()
            if resource.type in _ARNS
        }

    def of_type(self, kind: str) -> list[Resource]:
        """The resources of one type, their properties resolved, not concrete."""
        return self._assembly.of_type(kind)

    def has(self, place: str) -> bool:
        """Whether there is a resource at a place."""
        return place in self._assembly.places

    def properties(self, arn: str) -> Mapping[str, Any]:
        """The concrete properties of a resource."""
        properties: Mapping[str, Any] = self.concrete(self.by_arn[arn].properties)
        return properties

    def key_of(self, arn: str) -> str:
        """The ARN of the customer-managed key of a resource; empty without one."""
        if arn not in self.by_arn:
            return self.neighbour.key_of(arn) if self.neighbour else ""
        properties = self.properties(arn)
        if self.by_arn[arn].type == "AWS::S3::Bucket":
            (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            return str(rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID", ""))
        return str(_at(properties, _KEYS[self.by_arn[arn].type]) or "")

    def table_location(self, database: str, table: str) -> str:
        """The S3 URI of a Glue table."""
        for resource in self.of_type("AWS::Glue::Table"):
            properties = self.concrete(resource.properties)
            names = (properties["DatabaseName"], properties["TableInput"]["Name"])
            if names == (database, table):
                return str(properties["TableInput"]["StorageDescriptor"]["Location"])
        raise AssertionError(f"no table {database}.{table}")

    def results_location(self, work_group: str) -> str:
        """The S3 URI where an Athena work group writes results."""
        for resource in self.of_type("AWS::Athena::WorkGroup"):
            properties = self.concrete(resource.properties)
            if properties["Name"] == work_group:
                configuration = properties["WorkGroupConfiguration"]["ResultConfiguration"]
                return str(configuration["OutputLocation"])
        raise AssertionError(f"no work group {work_group}")

    def work_group_of(self, query_id: str) -> str:
        """The work group of a query; samples name a query by it."""
        return query_id

    def request(self, kind: str, name: str) -> Arguments:
        """The request that created a model or endpoint configuration."""
        return self._requests[kind, name]

    def remember(self, kind: str, name: str, request: Arguments) -> None:
        """Keep such a request."""
        self._requests[kind, name] = request

    def resource_policy(self, arn: str) -> Any:
        """The policy of a bucket, key, queue, topic, function, bus or model package.

        None without one.
        """
        if self.neighbour and self.owner(arn) == self.neighbour.account:
            return self.neighbour.resource_policy(arn)
        if arn.startswith(f"arn:{PARTITION}:s3:"):
            arn = arn.partition("/")[0]
        if ":model-package/" in arn:  # a package has the policy of its group
            arn = arn.replace(":model-package/", ":model-package-group/").rpartition("/")[0]
        return self._policies.get(arn)

    def owner(self, arn: str) -> str:
        """The account of a resource, this one's or the neighbour's.

        The ARNs of buckets name none. AWS's own accounts, which share their images with everybody,
        are left out.
        """
        if self.neighbour is None:
            return self.account
        bucket = arn.partition("/")[0]
        theirs = bucket in self.neighbour.by_arn and bucket not in self.by_arn
        return (
            self.neighbour.account
            if theirs or f":{self.neighbour.account}:" in arn
            else self.account
        )

    def statements(self, role_arn: str) -> list[dict[str, Any]]:
        """The statements of a role."""
        role = self._assembly.roles[self.by_arn[role_arn].place]
        return [self.concrete(dict(statement)) for statement in role.statements]

    @cached_property
    def _policies(self) -> dict[str, Any]:
        policies: dict[str, Any] = {}
        for resource in self.of_type("AWS::S3::BucketPolicy"):
            properties = self.concrete(resource.properties)
            bucket = f"arn:{PARTITION}:s3:::{properties['Bucket']}"
            policies[bucket] = properties["PolicyDocument"]
        for resource in self.of_type("AWS::KMS::Key"):
            policies[self.arn(resource)] = self.concrete(resource.properties["KeyPolicy"])
        for resource in self.of_type("AWS::SageMaker::ModelPackageGroup"):
            properties = self.concrete(resource.properties)
            if policy := properties.get("ModelPackageGroupPolicy"):
                group = f"model-package-group/{properties['ModelPackageGroupName']}"
                group_arn = _REGIONAL.format(service="sagemaker") + group
                policies[group_arn.replace(ACCOUNT, self.account)] = policy
        for resource in self.of_type("AWS::Events::EventBusPolicy"):
            statement = self.concrete(resource.properties["Statement"])
            policies.setdefault(statement["Resource"], {"Statement": []})["Statement"] += [
                statement
            ]
        for kind, names in _RESOURCE_POLICIES.items():
            for resource in self.of_type(kind):
                # A queue is named by its URL, which is its place here: read the reference instead.
                for place in self._assembly.places_in(resource.properties[names]):
                    target = self.arn(self._assembly.places[place])
                    policies[target] = self.concrete(resource.properties["PolicyDocument"])
        for resource in self.of_type("AWS::Lambda::Permission"):
            properties = self.concrete(resource.properties)
            policy = policies.setdefault(properties["FunctionName"], {"Statement": []})
            policy["Statement"].append(_as_statement(properties))
        return policies


def _as_statement(permission: Mapping[str, Any]) -> dict[str, Any]:
    """A Lambda permission as the statement that Lambda makes of it."""
    source = permission.get("SourceArn")
    return {
        "Effect": "Allow",
        "Principal": {"Service": permission["Principal"]},
        "Action": permission["Action"],
        "Resource": permission["FunctionName"],
        **({"Condition": {"ArnLike": {"AWS:SourceArn": source}}} if source else {}),
    }


def _at(properties: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        properties = properties.get(part, {})
    return properties


def _generated_id(kind: str, reference: str) -> str:
    prefix = _GENERATED_IDS.get(kind)
    return f"{prefix}-{crc32(reference.encode()):017x}" if prefix else _slug(reference)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
