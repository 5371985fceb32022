from types import SimpleNamespace

import pytest

CONTEXT = SimpleNamespace(
    function_name="transform",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:transform",
    aws_request_id="request",
)


@pytest.fixture
def context() -> SimpleNamespace:
    return CONTEXT
