"""MlNetwork: a VPC without internet, one key and one alarm topic for the ML platform.

    +-- VPC, isolated subnets in 2 or 3 zones --------------------------------+
    |                                                                         |
    |  jobs, endpoints,   --443--> S3 gateway endpoint: our buckets, and the  |--> S3
    |  notebooks                   images of AWS                              |
    |                     --443--> interface endpoints, those chosen: SageMaker |--> AWS APIs
    |                              API and runtime, notebook, STS, KMS, Logs, |
    |                              Monitoring, ECR, Secrets Manager, States   |
    +------------------------------------|------------------------------------+
                                         +--> flow logs
    no internet gateway, no NAT; the default security group admits nothing

Idle it costs a month: the key 1 USD, each interface endpoint 7.30 USD a zone (its file has the
sums). From the notes: ST-08 the S3 endpoint; SE-19 no internet for notebooks; DP-07 nothing public;
SE-22 the Region is chosen by deploying there: nothing names one.
"""

from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from stacks.environments import Environment
from stacks.ml_platform.network.interface_endpoints import InterfaceEndpoints
from stacks.ml_platform.network.network import Network
from stacks.ml_platform.settings import MlNetworkSettings
from stacks.shared.alarm_topic import AlarmTopic
from stacks.shared.architecture_key import ArchitectureKey
from stacks.shared.monthly_budget import MonthlyBudget


class MlNetwork(Stack):
    """What the other three stacks stand on."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, **options: Any
    ) -> None:
        super().__init__(scope, construct_id, **options)
        settings = environment.settings(MlNetworkSettings)
        self.key = ArchitectureKey(
            self,
            "Key",
            description="Everything the ML platform keeps",
            keep_data=environment.keep_data,
        )
        self.topic = AlarmTopic(self, "Alarms", key=self.key, environment=environment)
        if settings.budget_usd:
            MonthlyBudget(self, "Budget", usd=settings.budget_usd, topic=self.topic)
        self.network = Network(self, "Network", key=self.key, environment=environment)
        self.interface_endpoints = InterfaceEndpoints(
            self, "InterfaceEndpoints", network=self.network, settings=settings
        )
        CfnOutput(self, "VpcId", value=self.network.vpc.vpc_id)
        CfnOutput(self, "AlarmTopicArn", value=self.topic.topic_arn)
