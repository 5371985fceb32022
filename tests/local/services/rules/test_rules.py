"""Each rule is refused under the service's error, and its accepted example passes."""

import re
from collections import Counter

import pytest

from local.services.contract import door
from local.services.contract.errors import error_names
from local.services.contract.operations import operation_of
from local.services.rules import all_rules
from local.services.rules.rule import Rule
from local.services.task import TaskError

RULES = all_rules()
# botocore's service -> as a task's resource spells it, where they differ.
_TASK_NAMES = {"application-autoscaling": "applicationautoscaling", "stepfunctions": "sfn"}
each_rule = pytest.mark.parametrize(
    "rule", RULES, ids=[f"{rule.operations[0]}/{rule.id}" for rule in RULES]
)


def resource_of(rule: Rule) -> str:
    service, name = rule.operations[0].split(":")
    return (
        f"arn:aws:states:::aws-sdk:{_TASK_NAMES.get(service, service)}:{name[0].lower()}{name[1:]}"
    )


@each_rule
def test_what_breaks_a_rule_is_refused_under_the_services_error(rule: Rule) -> None:
    resource = resource_of(rule)
    message = rule.message_for(rule.refused, rule.state)
    with pytest.raises(TaskError, match=re.escape(message)) as refusal:
        door.check(resource, rule.refused, rule.state)
    operation = operation_of(resource)
    assert operation is not None
    assert refusal.value.error in error_names(operation)
    assert f"Error Code: {rule.error}" in refusal.value.cause


@each_rule
def test_the_accepted_example_passes(rule: Rule) -> None:
    door.check(resource_of(rule), rule.accepted, rule.state)


@each_rule
def test_a_rule_names_operations_that_exist_and_its_source(rule: Rule) -> None:
    for operation in rule.operations:
        service, name = operation.split(":")
        task_name = f"{name[0].lower()}{name[1:]}"
        resource = f"arn:aws:states:::aws-sdk:{_TASK_NAMES.get(service, service)}:{task_name}"
        known_operation = operation_of(resource)
        assert known_operation is not None
        assert known_operation.model.name == name
    assert rule.source.startswith("https://")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", rule.read)
    assert rule.says.endswith(".")


def test_rules_have_ids_of_their_own() -> None:
    counts = Counter((rule.operations[0].partition(":")[0], rule.id) for rule in RULES)
    assert {name: count for name, count in counts.items() if count > 1} == {}
    assert len(RULES) >= 60
