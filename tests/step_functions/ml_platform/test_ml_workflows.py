"""The ML platform's workflows: jobs are stopped, models removed, and everything is encrypted."""

import json
import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jmespath
import pytest

from tests.nested import values_of
from tests.step_functions.conftest import Bench
from tests.step_functions.ml_platform.scenarios import FORECAST_FIGURES, MODEL, SCENARIOS, SNAPSHOT
from tests.step_functions.scripted_aws import Run, Throw
from tests.step_functions.workflows import sample
from train import arguments
from train_demand import arguments as arguments_of_demand

pytestmark = pytest.mark.local
TRAIN, DEPLOY, TRANSFORM, JUDGE, JUDGE_FORECASTS = (
    f"ml_platform/{name}"
    for name in (
        "train_model",
        "deploy_model",
        "transform_batch",
        "judge_predictions",
        "judge_forecasts",
    )
)
KEY, SUBNETS, GROUP = (sample(name) for name in ("KeyArn", "SubnetIds", "SecurityGroupId"))
_SCRIPTS = {"train.py": arguments, "train_demand.py": arguments_of_demand}
VPC = {"Subnets": [SUBNETS], "SecurityGroupIds": [GROUP]}


def requests_to(bench: Bench, workflow: str, state: str) -> list[dict[str, Any]]:
    """What the task of a state asked AWS for, in all scenarios."""
    return [
        arguments
        for run in bench.outcomes(workflow).values()
        for name, arguments in run.calls
        if name == state
    ]


@pytest.mark.parametrize("state", ["Train", "Tune", "Evaluate"])
def test_every_job_is_isolated_in_the_vpc_under_the_key(state: str, bench: Bench) -> None:
    requests = requests_to(bench, TRAIN, state)
    assert requests
    for request in requests:
        assert values_of(request, "VpcConfig") == [VPC]
        assert values_of(request, "EnableNetworkIsolation") == [True]
        assert values_of(request, "EnableInterContainerTrafficEncryption") == [True]
        assert values_of(request, "VolumeKmsKeyId") == [KEY]
        assert values_of(request, "KmsKeyId") == [KEY]


@pytest.mark.parametrize(
    ("workflow", "state"), [(TRANSFORM, "Transform"), (DEPLOY, "Ask the new model")]
)
def test_a_transform_is_under_the_key(workflow: str, state: str, bench: Bench) -> None:
    requests = requests_to(bench, workflow, state)
    assert requests
    for request in requests:
        assert values_of(request, "VolumeKmsKeyId") == values_of(request, "KmsKeyId") == [KEY]


@pytest.mark.parametrize("workflow", [DEPLOY, TRANSFORM])
def test_every_model_is_isolated_in_the_vpc(workflow: str, bench: Bench) -> None:
    requests = requests_to(bench, workflow, "Create the model")
    assert requests
    for request in requests:
        assert request["VpcConfig"] == VPC
        assert request["EnableNetworkIsolation"] is True


@pytest.mark.parametrize(
    ("workflow", "scenario", "states", "name"),
    [
        (TRAIN, "training fails", ("Train", "Stop training"), "TrainingJobName"),
        (TRAIN, "evaluating fails", ("Evaluate", "Stop evaluating"), "ProcessingJobName"),
        (TRAIN, "the search fails", ("Tune", "Stop tuning"), "HyperParameterTuningJobName"),
        (TRANSFORM, "transforming fails", ("Transform", "Stop transforming"), "TransformJobName"),
        (TRANSFORM, "transforming fails", ("Create the model", "Remove the model"), "ModelName"),
        (TRANSFORM, "by the newest", ("Create the model", "Remove the model"), "ModelName"),
        (DEPLOY, "does not answer", ("Ask the new model", "Stop asking"), "TransformJobName"),
        (DEPLOY, "does not answer", ("Create the model", "Remove the new model"), "ModelName"),
        (
            DEPLOY,
            "rolled back by the alarms",
            ("Create the configuration", "Remove the new configuration"),
            "EndpointConfigName",
        ),
        (
            DEPLOY,
            "the first one fails",
            ("Create the endpoint", "Remove the endpoint"),
            "EndpointName",
        ),
        (
            DEPLOY,
            "rolled back by the alarms",
            ("Create the model", "Remove the new model"),
            "ModelName",
        ),
    ],
)
def test_what_was_started_is_stopped_or_removed(
    workflow: str, scenario: str, states: tuple[str, str], name: str, bench: Bench
) -> None:
    starts, stops = states
    run = bench.outcomes(workflow)[scenario]
    assert run.arguments(starts)[name] == run.arguments(stops)[name]


def test_an_endpoint_that_was_there_before_is_never_removed(bench: Bench) -> None:
    outcomes = bench.outcomes(DEPLOY)
    removing = {name for name, run in outcomes.items() if run.called("Remove the endpoint")}
    assert removing == {"the first one fails"}


@pytest.mark.parametrize(
    ("scenario", "sentence"),
    [
        ("rolled back by the alarms", "The old model serves on."),
        ("the first one fails", "There is no endpoint."),
        ("answers otherwise", "The old model serves on."),
        ("the first one answers otherwise", "There is no endpoint."),
    ],
)
def test_a_failed_deployment_says_what_serves(scenario: str, sentence: str, bench: Bench) -> None:
    run = bench.outcomes(DEPLOY)[scenario]
    assert run.cause.endswith(sentence)
    assert run.arguments("Report the failure")["Message"].endswith(sentence)


def test_a_job_that_is_retried_has_another_name(bench: Bench) -> None:
    (scenario,) = (item for item in SCENARIOS if item.name == "training fails")
    busy = Throw("SageMaker.AmazonSageMakerException")
    run = bench.run(replace(scenario, answers={**scenario.answers, "Train": busy}))
    names = [arguments["TrainingJobName"] for name, arguments in run.calls if name == "Train"]
    assert len(set(names)) == len(names) == 6
    assert run.arguments("Stop training")["TrainingJobName"] == names[-1]


@pytest.mark.parametrize(
    ("workflow", "scenario", "state"),
    [
        (TRAIN, "no quota to train", "Train"),
        (TRAIN, "no quota to search", "Tune"),
        (TRAIN, "no quota to evaluate", "Evaluate"),
        (TRANSFORM, "no quota", "Transform"),
        (DEPLOY, "no quota at first", "Create the endpoint"),
        (DEPLOY, "no quota for two fleets", "Update the endpoint"),
        (DEPLOY, "no quota to ask it", "Ask the new model"),
    ],
)
def test_a_quota_that_cannot_suffice_ends_a_run_at_once_with_the_command_that_raises_it(
    workflow: str, scenario: str, state: str, bench: Bench
) -> None:
    run = bench.outcomes(workflow)[scenario]
    assert run.called(state) == 1
    assert not [name for name in run.states if name.startswith("Wait")]
    request, listing = commands_of(run.cause)
    assert request[:3] == ["aws", "service-quotas", "request-service-quota-increase"]
    desired = int(request[request.index("--desired-value") + 1])
    # The next update runs two fleets at once.
    assert desired == (2 if state.endswith("the endpoint") else 1)
    query = jmespath.compile(listing[listing.index("--query") + 1])
    name = "ml.m5.large for training job usage"
    quotas = [{"QuotaName": name, "QuotaCode": "L-1"}, {"QuotaName": "another", "QuotaCode": "L-2"}]
    assert query.search({"Quotas": quotas}) == ["L-1"]
    assert request[-1] in run.arguments("Report the failure")["Message"]


def commands_of(cause: str) -> tuple[list[str], list[str]]:
    """The command that a failure tells to type, and the one in it that finds the quota's code."""
    command = re.search(r"Type: (aws .*--quota-code) \$\((aws [^)]*\S)\)", cause)
    assert command, cause
    return shlex.split(command[1]), shlex.split(command[2])


@pytest.mark.parametrize(
    ("workflow", "scenario", "state"),
    [
        (TRAIN, "quota in use to train", "Train"),
        (TRAIN, "quota in use to search", "Tune"),
        (TRAIN, "quota in use to evaluate", "Evaluate"),
        (TRANSFORM, "quota in use", "Transform"),
        (DEPLOY, "quota in use at first", "Create the endpoint"),
        (DEPLOY, "quota in use", "Update the endpoint"),
        (DEPLOY, "quota in use to ask it", "Ask the new model"),
        (DEPLOY, "no machine to ask it", "Ask the new model"),
    ],
)
def test_a_quota_that_is_in_use_is_waited_for(
    workflow: str, scenario: str, state: str, bench: Bench
) -> None:
    run = bench.outcomes(workflow)[scenario]
    assert run.called(state) == 3
    waits = [name for name in run.states if name in ("Wait for capacity", "Wait for instances")]
    assert len(waits) == 2


@pytest.mark.parametrize(
    ("workflow", "scenario", "state"),
    [
        (TRAIN, "quota in use for hours", "Train"),
        (TRAIN, "a limit in other words", "Train"),
        (DEPLOY, "quota in use for long", "Update the endpoint"),
        (DEPLOY, "quota in use for long to ask it", "Ask the new model"),
        (DEPLOY, "no machine to ask it at all", "Ask the new model"),
    ],
)
def test_a_quota_that_stays_in_use_ends_the_run(
    workflow: str, scenario: str, state: str, bench: Bench
) -> None:
    run = bench.outcomes(workflow)[scenario]
    assert run.called(state) == 5
    assert "request-service-quota-increase" not in run.cause


@pytest.mark.parametrize(
    ("workflow", "scenario", "state"),
    [
        (TRAIN, "no capacity to train", "Train"),
        (TRAIN, "no capacity to search", "Tune"),
        (TRAIN, "no capacity to evaluate", "Evaluate"),
        (TRANSFORM, "no capacity", "Transform"),
    ],
)
def test_a_job_without_capacity_is_started_again_later_under_another_name(
    workflow: str, scenario: str, state: str, bench: Bench
) -> None:
    run = bench.outcomes(workflow)[scenario]
    names = [next(iter(arguments.values())) for name, arguments in run.calls if name == state]
    assert len(set(names)) == len(names) == 3
    assert run.states.count("Wait for capacity") == 2


def test_capacity_is_waited_for_four_times(bench: Bench) -> None:
    run = bench.outcomes(TRAIN)["no capacity at all"]
    assert run.states.count("Wait for capacity") == 4


@pytest.mark.parametrize(
    "scenario",
    [
        "answers otherwise",
        "answers too little",
        "answers without numbers",
        "answers something else",
        "answers by a page of HTML",
        "does not answer",
        "no sample to ask about",
        "the first one answers otherwise",
        "no machine to ask it at all",
        "quota in use for long to ask it",
    ],
)
def test_a_model_that_fails_its_smoke_test_never_reaches_the_endpoint(
    scenario: str, bench: Bench
) -> None:
    run = bench.outcomes(DEPLOY)[scenario]
    changed = {
        "Create the configuration",
        "Create the endpoint",
        "Update the endpoint",
        "Deregister",
        "Remove the endpoint",
    }
    assert not changed & set(run.states)
    assert run.arguments("Remove the new model") == {"ModelName": new_model(run)}
    assert run.called("Report the failure")


@pytest.mark.parametrize(
    ("scenario", "rejected"),
    [
        ("answers otherwise", True),
        ("answers something else", True),
        # Nothing was found out about the package itself.
        ("does not answer", False),
        ("no machine to ask it at all", False),
        ("no sample to ask about", False),
    ],
)
def test_a_package_that_answers_wrongly_is_rejected(
    scenario: str, rejected: bool, bench: Bench
) -> None:
    run = bench.outcomes(DEPLOY)[scenario]
    assert bool(run.called("Reject the package")) is rejected
    if rejected:
        request = run.arguments("Reject the package")
        assert request["ModelPackageArn"].endswith("/flights/8")
        assert request["ModelApprovalStatus"] == "Rejected"


def test_a_model_is_asked_about_what_it_was_evaluated_on_before_it_serves(bench: Bench) -> None:
    run = bench.outcomes(DEPLOY)["answers as it was evaluated"]
    states = [name for name, _ in run.calls]
    assert states.index("Read its answers") < states.index("Create the configuration")
    job = run.arguments("Ask the new model")
    source = job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
    assert source == "s3://bucket/evaluation/a-run/smoke_test/"
    output = job["TransformOutput"]["S3OutputPath"]
    answers = run.arguments("Read its answers")
    assert f"s3://{answers['Bucket']}/{answers['Key']}" == f"{output}flights.json.out"
    expected = run.arguments("Read what is right")
    assert expected == {"Bucket": "bucket", "Key": "evaluation/a-run/smoke_test.json"}


def test_a_wrong_answer_is_told_by_how_much(bench: Bench) -> None:
    outcomes = bench.outcomes(DEPLOY)
    assert "differ by up to 0.0002" in outcomes["answers otherwise"].cause
    assert "1 answers are missing" in outcomes["answers too little"].cause


def test_a_model_is_asked_once_however_often_it_is_overtaken(bench: Bench) -> None:
    run = bench.outcomes(DEPLOY)["at the same time as another one"]
    assert run.called("Ask the new model") == 1


@pytest.mark.parametrize(
    ("scenario", "variant"),
    [
        ("in the place of an old model", "champion"),
        ("as a challenger", "challenger"),
        ("in the shadow", "shadow"),
        ("a challenger is promoted", "champion"),
    ],
)
def test_it_is_recorded_which_version_answers_as_which_variant(
    scenario: str, variant: str, bench: Bench
) -> None:
    run = bench.outcomes(DEPLOY)[scenario]
    row = run.arguments("Record the deployment")["Body"]
    assert row["variant"] == variant
    assert row["package"].endswith(f"/{row['version']}")
    assert row["report"] == "bucket/evaluation/a-run/"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["since"])


def published(run: Run) -> dict[str, float]:
    return {
        metric["MetricName"]: metric["Value"]
        for metric in run.arguments("Publish the figures")["MetricData"]
    }


def test_the_days_figures_are_published_and_kept(bench: Bench) -> None:
    run = bench.outcomes(JUDGE)["of a day"]
    query = run.arguments("Judge the predictions")["QueryString"]
    assert query == (
        "SELECT 1 FROM captures WHERE hour BETWEEN '2026/11/27/00' AND '2026/11/27/23'"
    )
    assert published(run) == pytest.approx(
        {
            "PredictionsWithoutOutcome": 100,
            "JudgedPredictions": 600,
            "RocAuc": 0.7,
            "RocAucShortfall": 0.61 - 0.7,
            "Brier": 0.15,
            "CalibrationError": 1.2e-05,
            "CostPerFlight": 0.5,
        }
    )
    dimensions = run.arguments("Publish the figures")["MetricData"][0]["Dimensions"]
    assert [dimension["Value"] for dimension in dimensions] == ["flight-delay", "champion"]
    kept = run.arguments("Keep the figures")
    assert kept["Key"].endswith("/day=2026-11-27/quality.json")
    (line,) = kept["Body"].splitlines()
    assert json.loads(line) == {**MODEL, "roc_auc_limit": 0.61}


def test_without_a_day_it_is_one_whose_outcomes_are_known(bench: Bench) -> None:
    run = bench.outcomes(JUDGE)["of the day before last"]
    day = datetime.fromisoformat(run.output["day"]).date()
    assert (datetime.now(UTC).date() - day).days in (2, 3)  # 3: midnight has passed since


def test_what_is_no_day_never_becomes_part_of_a_query(bench: Bench) -> None:
    run = bench.outcomes(JUDGE)["of no day"]
    assert not run.called("Judge the predictions")
    assert "yesterday" in run.cause


@pytest.mark.parametrize(
    ("scenario", "shortfall"),
    [
        ("of a day", 0.61 - 0.7),
        ("worse than the limit", 0.61 - 0.55),
        ("of many flights", 0.63 - 0.7),
        # Nothing tells how far chance takes the figure of so few flights.
        ("of few flights", None),
        ("by an older evaluation", None),
        ("of flights without an outcome", None),
    ],
)
def test_the_shortfall_is_to_the_limit_for_as_many_flights(
    scenario: str, shortfall: float | None, bench: Bench
) -> None:
    assert published(bench.outcomes(JUDGE)[scenario]).get("RocAucShortfall") == (
        None if shortfall is None else pytest.approx(shortfall)
    )


def test_without_an_outcome_it_is_told_how_many_have_none(bench: Bench) -> None:
    figures = published(bench.outcomes(JUDGE)["of flights without an outcome"])
    assert figures == {"PredictionsWithoutOutcome": 700, "JudgedPredictions": 0}


def test_each_model_of_a_day_has_a_row_and_its_own_dimension(bench: Bench) -> None:
    run = bench.outcomes(JUDGE)["of two models"]
    rows = [json.loads(line) for line in run.arguments("Keep the figures")["Body"].splitlines()]
    assert [(row["variant"], row["version"]) for row in rows] == [
        ("champion", "7"),
        ("challenger", "8"),
    ]
    variants = [
        arguments["MetricData"][0]["Dimensions"][1]["Value"]
        for name, arguments in run.calls
        if name == "Publish the figures"
    ]
    assert variants == ["champion", "challenger"]


def test_a_day_without_requests_has_no_figures(bench: Bench) -> None:
    run = bench.outcomes(JUDGE)["of a day without requests"]
    assert run.output["models"] == []
    assert not run.called("Keep the figures")


def variants_of(run: Run) -> dict[str, tuple[str, float]]:
    configuration = run.arguments("Create the configuration")
    return {
        variant["VariantName"]: (variant["ModelName"], variant["InitialVariantWeight"])
        for variant in configuration["ProductionVariants"]
    }


@pytest.mark.parametrize(("percent", "captured"), [("0", False), ("20", True)])
def test_a_share_of_the_calls_is_captured_if_there_is_one(
    percent: str, captured: bool, bench: Bench
) -> None:
    (scenario,) = (
        item for item in SCENARIOS if (item.workflow, item.name) == (DEPLOY, "first of all")
    )
    settings = (*scenario.settings, ("ml_endpoint.data_capture_percent", percent))
    run = bench.run(replace(scenario, settings=settings))
    assert ("DataCaptureConfig" in run.arguments("Create the configuration")) is captured


def new_model(run: Run) -> str:
    return str(run.arguments("Create the model")["ModelName"])


def test_a_challenger_answers_a_share_beside_the_proven_champion(bench: Bench) -> None:
    run = bench.outcomes(DEPLOY)["as a challenger"]
    assert variants_of(run) == {"champion": ("old-model", 0.7), "challenger": (new_model(run), 0.3)}
    scaled = [arguments["ResourceId"] for name, arguments in run.calls if name == "Register"]
    assert [resource.rpartition("/")[2] for resource in scaled] == ["champion", "challenger"]
    # SageMaker shifts no traffic in parts between other variants than the old ones.
    assert "DeploymentConfig" not in run.arguments("Update the endpoint")
    assert not run.called("Delete the model")
    assert not run.called("Store the statistics"), "the champion's are those to compare with"


def test_the_next_challenger_replaces_the_last_one_and_can_be_rolled_back(bench: Bench) -> None:
    run = bench.outcomes(DEPLOY)["in the place of a challenger"]
    assert variants_of(run) == {"champion": ("old-model", 0.7), "challenger": (new_model(run), 0.3)}
    deployment = run.arguments("Update the endpoint")["DeploymentConfig"]
    assert deployment["AutoRollbackConfiguration"]["Alarms"]
    assert run.arguments("Delete the model") == {"ModelName": "older-model"}


def test_a_canary_moves_a_part_of_the_traffic_first(bench: Bench) -> None:
    run = bench.outcomes(DEPLOY)["part by part"]
    assert variants_of(run) == {"champion": (new_model(run), 1)}
    deployment = run.arguments("Update the endpoint")["DeploymentConfig"]
    routing = deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["Type"] == "CANARY"
    assert routing["CanarySize"] == {"Type": "CAPACITY_PERCENT", "Value": 10}
    assert deployment["AutoRollbackConfiguration"]["Alarms"]


@pytest.mark.parametrize("scenario", ["in the shadow", "in the place of a shadow"])
def test_a_shadow_gets_copies_and_the_old_model_answers(scenario: str, bench: Bench) -> None:
    run = bench.outcomes(DEPLOY)[scenario]
    configuration = run.arguments("Create the configuration")
    (shadow,) = configuration["ShadowProductionVariants"]
    assert variants_of(run) == {"champion": ("old-model", 1)}
    assert shadow["ModelName"] == new_model(run)
    # SageMaker takes no shadow in a blue/green update.
    assert "DeploymentConfig" not in run.arguments("Update the endpoint")
    assert not run.called("Store the statistics")
    assert "shadow" in run.arguments("Announce the deployment")["Message"]


@pytest.mark.parametrize(
    ("scenario", "removed"),
    [
        ("a challenger is promoted", ["old-model", "older-model"]),
        ("a shadow is promoted", ["old-model", "older-model"]),
        ("a challenger is dropped", ["old-model", "older-model"]),
        ("the version before is brought back", ["old-model"]),
    ],
)
def test_who_asks_for_a_champion_gets_it_alone(
    scenario: str, removed: list[str], bench: Bench
) -> None:
    run = bench.outcomes(DEPLOY)[scenario]
    assert variants_of(run) == {"champion": (new_model(run), 1)}
    assert "ShadowProductionVariants" not in run.arguments("Create the configuration")
    assert run.called("Store the statistics")
    models = [arguments["ModelName"] for name, arguments in run.calls if name == "Delete the model"]
    assert models == removed


@pytest.mark.parametrize(
    ("scenario", "reason"),
    [
        ("served already", "serves already"),
        ("a second approval of the challenger", "serves already"),
        ("the champion is asked for again", "serves already"),
        ("approved late", "a later version"),
        ("not approved", "is Rejected"),
    ],
)
def test_what_is_not_to_be_deployed_changes_nothing(
    scenario: str, reason: str, bench: Bench
) -> None:
    run = bench.outcomes(DEPLOY)[scenario]
    assert reason in run.output["reason"]
    assert not run.called("Create the model")


def test_deployments_that_come_together_follow_one_another(bench: Bench) -> None:
    outcomes = bench.outcomes(DEPLOY)
    waiting = outcomes["while another one is at work"]
    assert waiting.states.count("Wait for the other deployment") == 1
    faster = outcomes["at the same time as another one"]
    names = [arguments["ModelName"] for name, arguments in faster.calls if "model" in name.lower()
             and name in ("Create the model", "Remove the new model")]  # fmt: skip
    assert len(set(names)) == 1
    # Made, taken away, and made again, after the other one had ended.
    assert len(names) == 3
    assert faster.status == "SUCCEEDED"


def test_the_report_decides_and_is_quoted(bench: Bench) -> None:
    outcomes = bench.outcomes(TRAIN)
    assert "ROC AUC 0.800" in outcomes["of a given set"].arguments("Announce the model")["Message"]
    refused = outcomes["refused"]
    assert "ROC AUC 0.500" in refused.arguments("Announce the refusal")["Message"]
    assert refused.output["registered"] is False


def test_the_setting_says_which_baseline_a_model_must_beat(bench: Bench) -> None:
    (scenario,) = (item for item in SCENARIOS if item.name == "better than rates only")
    assert bench.outcomes(TRAIN)[scenario.name].output["registered"] is True
    linear = ("ml_training.baseline", "logistic_regression")
    run = bench.run(replace(scenario, settings=(*scenario.settings, linear)))
    assert run.output["registered"] is False
    assert "logistic_regression" in run.arguments("Announce the refusal")["Message"]


@pytest.mark.parametrize("scenario", ["refused for its gain", "refused for its noise"])
def test_a_gain_that_is_small_or_within_its_noise_registers_nothing(
    scenario: str, bench: Bench
) -> None:
    run = bench.outcomes(TRAIN)[scenario]
    assert run.output["registered"] is False
    assert not run.called("Register")


def test_the_current_snapshot_is_exported_and_known_to_all_that_follows(bench: Bench) -> None:
    run = bench.outcomes(TRAIN)["from the lake"]
    question = run.arguments("Ask for the snapshot")["QueryString"]
    assert f'"{sample("CuratedTable")}$refs"' in question
    assert run.arguments("Read the snapshot") == {"QueryExecutionId": "a-query"}
    query = run.arguments("Export the set")["QueryString"]
    assert f"FOR VERSION AS OF {SNAPSHOT}" in query
    exported = f"s3://the-databucket/training/{SNAPSHOT}/"
    assert run.output["training_data"].startswith(exported)
    assert f"TO '{run.output['training_data']}'" in query
    assert run.output["snapshot_id"] == SNAPSHOT
    assert run.arguments("Train")["Tags"] == [{"Key": "snapshot_id", "Value": SNAPSHOT}]
    channels = run.arguments("Train")["InputDataConfig"]
    # The script's own arguments: SM_CHANNEL_TRAIN and so on.
    assert {channel["ChannelName"]: channel["ContentType"] for channel in channels} == {
        "train": "text/csv",
        "validation": "text/csv",
        "code": "application/gzip",
    }
    uris = values_of(channels, "S3Uri")
    assert f"{run.output['training_data']}split=train/" in uris
    assert run.arguments("Register")["CustomerMetadataProperties"] == {
        "training_job": "job",
        "training_set": run.output["training_data"],
        "snapshot_id": SNAPSHOT,
    }


def test_the_card_of_a_model_names_its_snapshot_and_the_figures_of_the_report(
    bench: Bench,
) -> None:
    """By the schema of docs.aws.amazon.com/sagemaker/latest/dg/model-registry-details.html."""
    run = bench.outcomes(TRAIN)["from the lake"]
    registered = run.arguments("Register")
    card = json.loads(registered["ModelCard"]["ModelCardContent"])
    assert card["model_overview"] == {"model_artifact": ["s3://bucket/m.tar.gz"]}
    details = card["additional_information"]["custom_details"]
    assert details == registered["CustomerMetadataProperties"]
    assert details["snapshot_id"] == SNAPSHOT
    (evaluation,) = card["evaluation_details"]
    (group,) = evaluation["metric_groups"]
    values = {metric["name"]: metric["value"] for metric in group["metric_data"]}
    assert values["roc_auc"] == run.output["report"]["score"]
    assert evaluation["datasets"] == [f"{run.output['training_data']}split=test/"]


def test_a_given_snapshot_is_exported_without_asking(bench: Bench) -> None:
    run = bench.outcomes(TRAIN)["of a given snapshot"]
    assert not run.called("Ask for the snapshot")
    assert "FOR VERSION AS OF 77" in run.arguments("Export the set")["QueryString"]
    assert run.output["snapshot_id"] == "77"


def test_of_a_given_set_no_snapshot_is_known(bench: Bench) -> None:
    run = bench.outcomes(TRAIN)["of a given set"]
    assert not run.called("Export the set")
    assert run.arguments("Train")["Tags"] == []
    properties = run.arguments("Register")["CustomerMetadataProperties"]
    assert set(properties) == {"training_job", "training_set"}


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("of a snapshot as a number", "must be a text of digits, in quotation marks: 77"),
        ("of a snapshot by its name", "must be a text of digits, in quotation marks: main"),
        ("of a snapshot and a set", "the set is named already: s3://bucket/prefix/"),
        ("from an empty lake", "run the curation job first"),
    ],
)
def test_an_input_that_cannot_be_exported_is_refused_before_any_job(
    scenario: str, words: str, bench: Bench
) -> None:
    run = bench.outcomes(TRAIN)[scenario]
    assert words in run.cause
    assert not run.called("Export the set")
    assert not run.called("Train")


def test_an_export_that_is_tried_again_has_a_folder_of_its_own(bench: Bench) -> None:
    (scenario,) = (item for item in SCENARIOS if item.name == "from the lake")
    throttled = {"Export the set": ["Athena.TooManyRequestsException"] * 2}
    run = bench.run(scenario, throttled)
    queries = [
        arguments["QueryString"] for name, arguments in run.calls if name == "Export the set"
    ]
    assert len(set(queries)) == len(queries) == 3
    assert f"TO '{run.output['training_data']}'" in queries[-1]


@pytest.mark.parametrize("state", ["Train", "Tune"])
def test_the_hyperparameters_are_those_that_the_script_takes(state: str, bench: Bench) -> None:
    """The toolkit of the image passes each to the script, except for those of its own."""
    folders = [f"--{name}=/opt/ml" for name in ("train", "validation", "model-dir")]
    requests = requests_to(bench, TRAIN, state)
    assert requests
    for request in requests:
        parameters = (
            request["HyperParameters"]
            if state == "Train"
            else request["TrainingJobDefinition"]["StaticHyperParameters"]
        )
        of_script = {
            name: value for name, value in parameters.items() if not name.startswith("sagemaker_")
        }
        options = [f"--{name}={value}" for name, value in of_script.items()]
        chosen = vars(_SCRIPTS[parameters["sagemaker_program"]]([*folders, *options]))
        assert {name: str(chosen[name]) for name in of_script} == {
            name: str(type(chosen[name])(value)) for name, value in of_script.items()
        }
        assert "seed" in of_script, "a training is the same one again"


def test_the_evaluation_finds_its_inputs_where_its_script_looks(bench: Bench) -> None:
    folders = {"model", "train", "validation", "test"}
    for request in requests_to(bench, TRAIN, "Evaluate"):
        inputs = {
            item["InputName"]: item["S3Input"]["LocalPath"] for item in request["ProcessingInputs"]
        }
        assert {name: inputs[name] for name in folders} == {
            name: f"/opt/ml/processing/{name}" for name in folders
        }


@pytest.mark.parametrize("state", ["Train", "Tune"])
def test_jobs_run_in_the_image_of_the_stack(state: str, bench: Bench) -> None:
    requests = requests_to(bench, TRAIN, state)
    assert requests
    for request in requests:
        assert values_of(request, "TrainingImage") == [sample("ImageUri")]


@pytest.mark.parametrize(
    ("pipeline", "programs"),
    [("false", ["inference.py"]), ("true", ["prepare.py", "inference.py"])],
)
def test_a_model_is_registered_behind_what_prepares_its_requests(
    pipeline: str, programs: list[str], bench: Bench
) -> None:
    (scenario,) = (item for item in SCENARIOS if item.name == "of a given set")
    setting = ("ml_endpoint.pipeline", pipeline)
    run = bench.run(replace(scenario, settings=(*scenario.settings, setting)))
    containers = run.arguments("Register")["InferenceSpecification"]["Containers"]
    assert [item["Environment"]["SAGEMAKER_PROGRAM"] for item in containers] == programs
    assert {item["Image"] for item in containers} == {sample("ImageUri")}
    # pip reads 0 as "no isolation"; any other value has it fetch setuptools, without a network.
    assert {item["Environment"]["PIP_NO_BUILD_ISOLATION"] for item in containers} == {"0"}
    *before, served = (item["ModelDataUrl"] for item in containers)
    assert served == "s3://bucket/m.tar.gz"
    assert all(address.endswith(".tar.gz") for address in before)


@pytest.mark.parametrize(
    ("scenario", "registered"),
    [
        ("demand, in its own place", True),
        ("demand, with a search", True),
        ("demand, a band too narrow", False),
        ("demand, a band too wide", False),
        ("demand, too little gained", False),
        ("demand, a report without its coverage", False),
    ],
)
def test_forecasts_are_registered_for_their_gain_and_the_coverage_of_their_band(
    scenario: str, registered: bool, bench: Bench
) -> None:
    run = bench.outcomes(TRAIN)[scenario]
    assert run.output["registered"] is registered
    assert bool(run.called("Register")) is registered
    assert bool(run.called("Announce the refusal")) is not registered


def test_a_second_model_trains_on_its_own_set_with_its_own_programs(bench: Bench) -> None:
    run = bench.outcomes(TRAIN)["demand, in its own place"]
    assert run.output["training_data"] == sample("TrainingData")
    job = run.arguments("Train")
    assert job["HyperParameters"]["sagemaker_program"] == "train_demand.py"
    assert job["TrainingJobName"].startswith("energy-demand-")
    command = run.arguments("Evaluate")["AppSpecification"]["ContainerEntrypoint"][-1]
    assert command.endswith("/evaluate_demand.py")
    registered = run.arguments("Register")
    (container,) = registered["InferenceSpecification"]["Containers"]
    assert container["Environment"]["SAGEMAKER_PROGRAM"] == "serve_demand.py"
    assert registered["InferenceSpecification"]["SupportedContentTypes"] == ["text/csv"]
    assert registered["ModelPackageDescription"] == (
        "wQL 0.037, 0.008 (0.007 to 0.009) better than a_week_ago_with_band, on 336 half hours"
    )


def test_a_refusal_says_which_figure_and_what_was_wanted(bench: Bench) -> None:
    run = bench.outcomes(TRAIN)["demand, a band too narrow"]
    message = run.arguments("Announce the refusal")["Message"]
    assert "coverage 0.740" in message
    assert "coverage from 0.75 to 0.85" in message


def test_a_forecast_sends_each_history_whole_and_keeps_it_apart(bench: Bench) -> None:
    run = bench.outcomes(TRANSFORM)["of its own place"]
    request = run.arguments("Transform")
    source = request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
    assert source == "s3://the-bucket/transform/energy-demand/history/"
    assert request["TransformInput"]["SplitType"] == "None"
    assert request["DataProcessing"] == {"InputFilter": "$", "JoinSource": "None"}
    assert request["TransformOutput"]["S3OutputPath"].startswith(
        "s3://the-bucket/transform/energy-demand/forecasts/energy-demand-"
    )
    assert run.arguments("Find the newest model")["ModelPackageGroupName"]


def test_forecasts_of_four_weeks_are_judged_and_published(bench: Bench) -> None:
    run = bench.outcomes(JUDGE_FORECASTS)["until a day"]
    query = run.arguments("Judge the forecasts")["QueryString"]
    assert "time >= '2014-11-26' AND time < '2014-12-24'" in query
    assert published(run) == pytest.approx(
        {
            "JudgedHalfHours": 1344,
            "WeightedQuantileLoss": 0.03,
            "LossOverAWeekAgo": 0.5,
            "OutsideTheBand": 0.25,
        }
    )
    (dimension,) = run.arguments("Publish the figures")["MetricData"][0]["Dimensions"]
    assert dimension == {"Name": "ModelName", "Value": "energy-demand"}
    assert run.output == {**FORECAST_FIGURES, "day": "2014-12-24", "from": "2014-11-26"}


def test_without_a_day_forecasts_are_judged_until_today(bench: Bench) -> None:
    day = bench.outcomes(JUDGE_FORECASTS)["until today"].output["day"]
    assert (datetime.now(UTC).date() - datetime.fromisoformat(day).date()).days in (0, 1)


def test_what_is_no_day_becomes_part_of_no_query_of_forecasts(bench: Bench) -> None:
    run = bench.outcomes(JUDGE_FORECASTS)["until no day"]
    assert not run.called("Judge the forecasts")
    assert "2014'" in run.cause


def test_forecasts_whose_demand_nobody_knows_have_no_figures(bench: Bench) -> None:
    run = bench.outcomes(JUDGE_FORECASTS)["without demand"]
    assert run.output["half_hours"] == 0
    assert not run.called("Publish the figures")
