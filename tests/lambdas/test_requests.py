"""The tests of functions refuse requests that AWS would refuse (`conftest.py`)."""

import boto3
import pytest
from moto import mock_aws


@mock_aws
def test_a_request_beyond_its_model_fails() -> None:
    states = boto3.client("stepfunctions", region_name="eu-central-1")
    arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:chain"
    with pytest.raises(pytest.fail.Exception, match="AWS refuses stepfunctions:StartExecution"):
        states.start_execution(stateMachineArn=arn, name="n" * 81)
