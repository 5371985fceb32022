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

Idle costs per month: 1 USD for the key, 7.30 USD per interface endpoint and zone. From the notes:
ST-08 the S3 endpoint; SE-19 no internet for notebooks; DP-07 nothing public;
SE-22 the Region is that of the deployment: no stack names one.
"""

from typing import Any

from aws_cdk import Stack
from constructs import Construct

from stacks.environments import Environment
from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.network.interface_endpoints import InterfaceEndpoints
from stacks.ml_platform.network.network import Network
from stacks.ml_platform.settings import MlNetworkSettings, MlTrainingSettings
from stacks.shared.architecture_key import admit_readers
from stacks.shared.foundation import Foundation
from stacks.shared.outputs import add_outputs


class MlNetwork(Stack):
    """The network, key and alarm topic that the other three stacks use."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, **options: Any
    ) -> None:
        super().__init__(scope, construct_id, **options)
        settings = environment.settings(MlNetworkSettings)
        foundation = Foundation.in_stack(
            self,
            environment,
            key_description="Everything the ML platform keeps",
            budget_usd=settings.budget_usd,
        )
        if accounts := environment.settings(MlTrainingSettings).shared_with:
            admit_readers(
                foundation.key,
                accounts,
                "ml_training.shared_with names the account, which reads models under this key",
            )
        network = Network(self, "Network", foundation=foundation)
        self.foundation = PlatformFoundation(
            environment, foundation.key, foundation.topic, network=network
        )
        self.interface_endpoints = InterfaceEndpoints(
            self, "InterfaceEndpoints", network=network, settings=settings
        )
        add_outputs(
            self,
            {
                "VpcId": network.vpc.vpc_id,
                "AlarmTopicArn": foundation.topic.topic_arn,
                "KeyArn": foundation.key.key_arn,
            },
        )
