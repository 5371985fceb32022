"""ministack's CloudFormation refuses templates with types that it cannot create.

They are kept instead: see `kept_resources`. Alarms with metric math, which ministack's CloudWatch
refuses, are kept, too.
"""

from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS, _physical_name

from local.services.cloudformation.kept_resources import AccountContext, kept_type, kept_types

_ALARM = "AWS::CloudWatch::Alarm"


def close() -> None:
    """Give every type of the CloudFormation registry a provisioner."""
    context = AccountContext(
        lambda service: f"arn:aws:{service}:{get_region()}:{get_account_id()}", _physical_name
    )
    for type_name, keeper in kept_types(set(_RESOURCE_HANDLERS), context):
        _RESOURCE_HANDLERS[type_name] = {"create": keeper.create, "delete": keeper.delete}
    alarm, kept_alarm = _RESOURCE_HANDLERS[_ALARM], kept_type(_ALARM, context)
    create, update = alarm["create"], alarm["update"]

    def create_alarm(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        creator = kept_alarm.create if "Metrics" in properties else create
        return creator(logical_id, properties, stack)

    def update_alarm(
        physical_id: str, old: dict[str, Any], new: dict[str, Any], stack: str, logical_id: str
    ) -> Any:
        if "Metrics" in new:
            return kept_alarm.create(logical_id, new, stack)
        return update(physical_id, old, new, stack, logical_id)

    alarm.update(create=create_alarm, update=update_alarm)
