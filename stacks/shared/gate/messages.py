"""Queues and topics: batches that Lambda refuses, messages in clear text."""

from collections.abc import Iterator

from stacks.shared.gate.findings import Finding
from stacks.shared.gate.resolved import Resolved

RULES = ("BATCH_WINDOW", "SUBSCRIPTION_IN_CLEAR")
_LARGEST_BATCH = 10  # of a queue, without a window


def findings(template: Resolved) -> Iterator[Finding]:
    """Of event source mappings and subscriptions."""
    yield from _batches(template)
    yield from _subscriptions(template)


def _batches(template: Resolved) -> Iterator[Finding]:
    """docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html, read on 2026-11-28."""
    for mapping in template.of_type("Lambda::EventSourceMapping"):
        sizes = template.texts(mapping.properties.get("BatchSize"))
        windows = template.texts(mapping.properties.get("MaximumBatchingWindowInSeconds", 0))
        sources = template.referenced(mapping.properties.get("EventSourceArn"))
        queues = {name for name in sources if template.resources[name].type == "AWS::SQS::Queue"}
        of_a_queue = queues or any(
            ":sqs:" in text for text in template.texts(mapping.properties.get("EventSourceArn"))
        )
        large = any(text.isdigit() and int(text) > _LARGEST_BATCH for text in sizes)
        if of_a_queue and large and "0" in windows:
            yield Finding(
                "BATCH_WINDOW",
                "Lambda refuses more than 10 messages of a queue at once without a window: set"
                " MaximumBatchingWindowInSeconds to 1 or more.",
                mapping.logical_id,
            )


def _subscriptions(template: Resolved) -> Iterator[Finding]:
    for owner in template.of_type("SNS::Subscription", "SNS::Topic"):
        rows = [owner.properties, *template.get(owner.properties, "Subscription")]
        for row in rows:
            protocols = template.texts(row.get("Protocol"))
            endpoints = template.texts(row.get("Endpoint"))
            if "http" in protocols or any(text.startswith("http://") for text in endpoints):
                yield Finding(
                    "SUBSCRIPTION_IN_CLEAR",
                    "The subscription sends messages in clear text over http: use https.",
                    owner.logical_id,
                )
