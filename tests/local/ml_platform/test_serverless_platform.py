"""A serverless endpoint, end to end: outside the VPC, without instances, capture or scaling."""

import json
from collections.abc import Iterator

import pytest

from local.demos.prediction_api import PredictionApi
from local.runtime.workspace import Workspace
from tests.local.conftest import Platform, running_platform

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("serverless platform")]

SERVERLESS = {
    "ml_endpoint.serving": "serverless",
    "ml_endpoint.in_vpc": "false",
    "ml_endpoint.pipeline": "false",
    "ml_endpoint.data_capture_percent": "0",
    "ml_endpoint.retrain_on_drift": "false",
}
FLIGHT = {"carrier": "UA", "origin": "EWR", "destination": "IAH", "month": 1, "weekday": 2}
FLIGHT |= {"hour": 22, "distance_miles": 1400}


@pytest.fixture(scope="module")
def serverless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    workspace = Workspace(tmp_path_factory.mktemp("serverless"))
    with running_platform(workspace, changes=SERVERLESS) as platform:
        yield platform


def test_models_are_rolled_out_one_after_the_other_and_the_api_answers(
    serverless: Platform,
) -> None:
    packages = []
    for number in (1, 2):
        trained = serverless.execute(serverless.training["StateMachineArn"], {})
        assert trained["status"] == "SUCCEEDED", trained.get("cause")
        packages.append(json.loads(trained["output"])["model_package_arn"])
        serverless.wait_for_roll_outs(number)
        newest, *_ = serverless.roll_outs()
        assert newest["status"] == "SUCCEEDED", newest.get("cause")
    api = PredictionApi(serverless.emulator, serverless.endpoint["ApiUrl"])
    answer = api.ask([FLIGHT])
    assert answer.status_code == 200, answer.text
    assert 0 < answer.json()["predictions"][0]["probability"] < 1
    assert packages[0] != packages[1]
