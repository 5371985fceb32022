"""The platform's network: traffic leaves it through the chosen VPC endpoints only."""

from pathlib import Path
from typing import Any, get_args

import pytest
from policy_sentry.querying.actions import get_action_data

from stacks.catalogue import ENVIRONMENTS, make_app
from stacks.environments import SettingsError
from stacks.ml_platform.network.network import CIDR
from stacks.ml_platform.settings import InterfaceEndpoint, MlNetworkSettings
from tests.conftest import Templates, flat, readable, resources

Template = dict[str, Any]


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def network(synthesise: Templates, environment: str) -> Template:
    template: Template = synthesise(environment)["MlNetwork"]
    return template


def endpoints(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of the VPC endpoints of one kind by service name."""
    endpoints_by_service = {}
    for resource in resources(template, "AWS::EC2::VPCEndpoint").values():
        properties = readable(template, resource["Properties"])
        if properties["VpcEndpointType"] == kind:
            endpoints_by_service[properties["ServiceName"]] = properties
    return endpoints_by_service


def test_every_subnet_is_isolated_and_in_its_own_availability_zone(
    network: Template, environment: str
) -> None:
    zones = ENVIRONMENTS[environment].settings(MlNetworkSettings).availability_zones
    subnets = resources(network, "AWS::EC2::Subnet")
    assert (
        len({flat(subnet["Properties"]["AvailabilityZone"]) for subnet in subnets.values()})
        == zones
    )
    assert len(subnets) == zones
    for kind in ("InternetGateway", "NatGateway", "EIP", "Route", "EgressOnlyInternetGateway"):
        assert not resources(network, f"AWS::EC2::{kind}"), kind


def test_production_has_more_zones_and_vpc_endpoints_than_the_sandbox() -> None:
    production, sandbox = (
        ENVIRONMENTS[name].settings(MlNetworkSettings) for name in ("production", "sandbox")
    )
    assert (production.availability_zones, sandbox.availability_zones) == (3, 2)
    assert production.interface_endpoints == get_args(InterfaceEndpoint)
    assert sandbox.interface_endpoints == ("sagemaker.api", "sagemaker.runtime")


def test_no_rule_allows_every_address(network: Template) -> None:
    assert "0.0.0.0/0" not in flat(network["Resources"])
    assert "::/0" not in flat(network["Resources"])


def test_the_s3_gateway_admits_own_buckets_and_aws_image_buckets(
    network: Template,
) -> None:
    ((service, endpoint),) = endpoints(network, "Gateway").items()
    assert service.endswith(".s3")
    own_buckets, images = endpoint["PolicyDocument"]["Statement"]
    assert own_buckets["Condition"] == {"StringEquals": {"aws:ResourceAccount": "{AWS::AccountId}"}}
    assert images["Action"] == "s3:GetObject"
    assert sorted(images["Resource"]) == [
        "arn:{AWS::Partition}:s3:::jumpstart-cache-prod-{AWS::Region}/*",
        "arn:{AWS::Partition}:s3:::prod-{AWS::Region}-starport-layer-bucket/*",
    ]


def test_each_interface_endpoint_admits_named_actions_of_this_account(
    network: Template, environment: str
) -> None:
    chosen = ENVIRONMENTS[environment].settings(MlNetworkSettings).interface_endpoints
    interface_endpoints = endpoints(network, "Interface")
    assert len(interface_endpoints) == len(chosen)
    for service, endpoint in interface_endpoints.items():
        assert endpoint["PrivateDnsEnabled"] is True, service
        assert endpoint["SecurityGroupIds"] == ["{InterfaceEndpoints/Doors.GroupId}"], service
        (statement,) = endpoint["PolicyDocument"]["Statement"]
        account = statement["Condition"]["StringEquals"]
        assert account["aws:PrincipalAccount"] == "{AWS::AccountId}", service
        # Container images are in registries of AWS accounts.
        assert ("aws:ResourceAccount" in account) is (".ecr." not in service), service
        actions = statement["Action"]
        for action in actions if isinstance(actions, list) else [actions]:
            assert "*" not in action, service
            assert get_action_data(*action.split(":")), action


def test_vpc_endpoints_admit_https_from_the_vpc_only(network: Template) -> None:
    group = resources(network, "AWS::EC2::SecurityGroup")["InterfaceEndpoints/Doors"]["Properties"]
    (rule,) = group["SecurityGroupIngress"]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == (CIDR, 443, 443)


def test_jobs_may_reach_vpc_endpoints_s3_and_each_other(network: Template) -> None:
    jobs = resources(network, "AWS::EC2::SecurityGroup")["Network/Jobs"]["Properties"]
    (to_endpoints,) = jobs["SecurityGroupEgress"]
    assert (to_endpoints["CidrIp"], to_endpoints["FromPort"]) == (CIDR, 443)
    egress = [
        egress_rule["Properties"]
        for egress_rule in resources(network, "AWS::EC2::SecurityGroupEgress").values()
    ]
    prefix_list = [rule for rule in egress if "DestinationPrefixListId" in rule]
    within_group = [rule for rule in egress if "DestinationSecurityGroupId" in rule]
    assert (len(prefix_list), len(within_group), len(egress)) == (1, 1, 2)
    assert (prefix_list[0]["FromPort"], prefix_list[0]["ToPort"]) == (443, 443)
    assert "SecurityGroupIngress" not in jobs
    (ingress,) = resources(network, "AWS::EC2::SecurityGroupIngress").values()
    assert "SourceSecurityGroupId" in ingress["Properties"]


def test_all_traffic_is_logged_and_the_default_security_group_is_closed(network: Template) -> None:
    (flows,) = resources(network, "AWS::EC2::FlowLog").values()
    assert flows["Properties"]["TrafficType"] == "ALL"
    destination = readable(network, flows["Properties"]["LogDestination"])
    assert destination == "{Network/FlowLogs.Arn}"
    assert len(resources(network, "Custom::VpcRestrictDefaultSG")) == 1


def test_an_unknown_interface_endpoint_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"-c ml_network.interface_endpoints=s3: input should"):
        make_app({"env": "sandbox", "ml_network.interface_endpoints": "sts,s3"}, tmp_path)


def test_interface_endpoints_can_be_switched_off(synthesise: Templates) -> None:
    template = synthesise(
        "sandbox",
        ("ml_network.interface_endpoints", "none"),
        ("ml_notebook.source_addresses", "192.0.2.1/32"),
    )["MlNetwork"]
    assert endpoints(template, "Interface") == {}
