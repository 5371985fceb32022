"""The platform's network: nothing leaves but by the doors that the settings open."""

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
    """Service name -> properties, of the VPC endpoints of one kind."""
    templates = {}
    for resource in resources(template, "AWS::EC2::VPCEndpoint").values():
        properties = readable(template, resource["Properties"])
        if properties["VpcEndpointType"] == kind:
            templates[properties["ServiceName"]] = properties
    return templates


def test_every_subnet_is_isolated_and_in_a_zone_of_its_own(
    network: Template, environment: str
) -> None:
    zones = ENVIRONMENTS[environment].settings(MlNetworkSettings).availability_zones
    subnets = resources(network, "AWS::EC2::Subnet")
    assert (
        len({flat(subnet["Properties"]["AvailabilityZone"]) for subnet in subnets.values()})
        == zones
    )
    assert len(subnets) == zones
    for gone in ("InternetGateway", "NatGateway", "EIP", "Route", "EgressOnlyInternetGateway"):
        assert not resources(network, f"AWS::EC2::{gone}"), gone


def test_production_has_three_zones_and_every_door_the_sandbox_two_of_each() -> None:
    production, sandbox = (
        ENVIRONMENTS[name].settings(MlNetworkSettings) for name in ("production", "sandbox")
    )
    assert (production.availability_zones, sandbox.availability_zones) == (3, 2)
    assert production.interface_endpoints == get_args(InterfaceEndpoint)
    assert sandbox.interface_endpoints == ("sagemaker.api", "sagemaker.runtime")


def test_nothing_is_open_to_the_world(network: Template) -> None:
    assert "0.0.0.0/0" not in flat(network["Resources"])
    assert "::/0" not in flat(network["Resources"])


def test_s3_is_reached_by_the_gateway_with_our_buckets_and_the_images_of_aws(
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


def test_each_chosen_door_is_private_and_admits_this_accounts_known_calls(
    network: Template, environment: str
) -> None:
    chosen = ENVIRONMENTS[environment].settings(MlNetworkSettings).interface_endpoints
    doors = endpoints(network, "Interface")
    assert len(doors) == len(chosen)
    for service, door in doors.items():
        assert door["PrivateDnsEnabled"] is True, service
        assert door["SecurityGroupIds"] == ["{InterfaceEndpoints/Doors.GroupId}"], service
        (statement,) = door["PolicyDocument"]["Statement"]
        account = statement["Condition"]["StringEquals"]
        assert account["aws:PrincipalAccount"] == "{AWS::AccountId}", service
        # Images are kept in registries of AWS.
        assert ("aws:ResourceAccount" in account) is (".ecr." not in service), service
        actions = statement["Action"]
        for action in actions if isinstance(actions, list) else [actions]:
            assert "*" not in action, service
            assert get_action_data(*action.split(":")), action


def test_doors_admit_https_from_the_vpc_alone(network: Template) -> None:
    doors = resources(network, "AWS::EC2::SecurityGroup")["InterfaceEndpoints/Doors"]["Properties"]
    (rule,) = doors["SecurityGroupIngress"]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == (CIDR, 443, 443)


def test_jobs_reach_the_doors_s3_and_each_other(network: Template) -> None:
    jobs = resources(network, "AWS::EC2::SecurityGroup")["Network/Jobs"]["Properties"]
    (to_doors,) = jobs["SecurityGroupEgress"]
    assert (to_doors["CidrIp"], to_doors["FromPort"]) == (CIDR, 443)
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


def test_flows_are_logged_and_the_default_group_is_closed(network: Template) -> None:
    (flows,) = resources(network, "AWS::EC2::FlowLog").values()
    assert flows["Properties"]["TrafficType"] == "ALL"
    destination = readable(network, flows["Properties"]["LogDestination"])
    assert destination == "{Network/FlowLogs.Arn}"
    assert len(resources(network, "Custom::VpcRestrictDefaultSG")) == 1


def test_a_door_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"-c ml_network.interface_endpoints=s3: input should"):
        make_app({"env": "sandbox", "ml_network.interface_endpoints": "sts,s3"}, tmp_path)


def test_no_door_costs_nothing(synthesise: Templates) -> None:
    closed = synthesise(
        "sandbox",
        ("ml_network.interface_endpoints", "none"),
        ("ml_notebook.source_addresses", "192.0.2.1/32"),
    )["MlNetwork"]
    assert endpoints(closed, "Interface") == {}
