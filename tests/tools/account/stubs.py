"""Clients of AWS that expect calls."""

from typing import Any

import boto3
from botocore.stub import Stubber


class Account:
    """Clients that expect the calls of one command, in order, and nothing else."""

    def __init__(self) -> None:
        self.stubs: dict[str, Stubber] = {}
        self.clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = boto3.client(
                service,  # type: ignore[call-overload]  # the overloads want a literal
                region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x",  # noqa: S106
            )  # fmt: skip
            self.stubs[service] = Stubber(self.clients[service])
            self.stubs[service].activate()
        return self.clients[service]

    def expect(
        self,
        service: str,
        operation: str,
        response: dict[str, Any] | str,
        request: dict[str, Any] | None = None,
    ) -> None:
        """Answer the next call with a response, or with an error of that code."""
        self.client(service)
        if isinstance(response, str):
            self.stubs[service].add_client_error(operation, response)
        else:
            self.stubs[service].add_response(operation, response, request)
