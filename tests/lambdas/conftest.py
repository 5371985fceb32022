from types import SimpleNamespace
from typing import Any

import pytest
from botocore.client import BaseClient

from local.services import rules
from local.services.contract.limits import violations
from local.services.contract.operations import input_shape

CONTEXT = SimpleNamespace(
    function_name="transform",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:transform",
    aws_request_id="request",
)


@pytest.fixture
def context() -> SimpleNamespace:
    return CONTEXT


@pytest.fixture(autouse=True)
def requests_within_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold each request of a function against its service's model and rules, as AWS does.

    moto accepts more, and botocore itself checks neither patterns nor maxima.
    """
    emit = BaseClient._emit_api_params  # type: ignore[attr-defined]  # botocore's own

    def emit_checked(client: BaseClient, *, operation_model: Any, **options: Any) -> Any:
        parameters = emit(client, operation_model=operation_model, **options)
        service = operation_model.service_model.service_name
        shape = input_shape(service, operation_model.name)
        operation = f"{service}:{operation_model.name}"
        broken = rules.broken(operation, parameters, {})
        refusals = [
            *(violation.message for violation in violations(shape, parameters)),
            *([broken.message_for(parameters, {})] if broken else []),
        ]
        if refusals:
            pytest.fail(f"AWS refuses {operation}: {refusals[0]}")
        return parameters

    monkeypatch.setattr(BaseClient, "_emit_api_params", emit_checked)
