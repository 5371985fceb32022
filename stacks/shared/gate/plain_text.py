"""Secrets in plain text: whoever may read a template, a function or a job may read them.

By detect-secrets, over every literal text of a template with the name of the property that holds
it; and by name alone, since a short password looks like a word.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from detect_secrets.core.scan import scan_line
from detect_secrets.settings import transient_settings

from stacks.shared.gate.findings import Finding
from stacks.shared.gate.resolved import Resolved

RULES = ("SECRET_IN_PLAIN_TEXT",)

# Without the detectors of entropy: hashes of assets and checksums are not secret.
_DETECTORS = (
    "ArtifactoryDetector", "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector",
    "CloudantDetector", "DiscordBotTokenDetector", "GitHubTokenDetector", "GitLabTokenDetector",
    "IbmCloudIamDetector", "JwtTokenDetector", "MailchimpDetector", "NpmDetector",
    "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector",
    "SlackDetector", "SquareOAuthDetector", "StripeDetector", "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)  # fmt: skip
_SECRET_NAME = re.compile(
    r"(.*[_\-.])?(password|passwd|passphrase|pwd|secret(string|key)?|api_?key|access_?key|auth_?token"
    r"|private_?key|credentials?)(value)?",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
# References and switches: `{{resolve:secretsmanager:...}}`, ARNs, true.
_NO_SECRET = re.compile(
    r"\{\{resolve:.*|arn:.*|.*\$\{.*|true|false|none|\d{0,3}|\*+|", re.IGNORECASE
)
# What a secret of some kind cannot lack: a cheap look before the detectors.
_SUSPICIOUS = re.compile(r"(?=[A-Za-z+/_\-]*\d)[A-Za-z0-9+/_\-]{16}|://[^/\s]*@|PRIVATE KEY")
# Held by value with other names than those above.
_BY_VALUE = {"AWS::SecretsManager::Secret": "SecretString"}  # pragma: allowlist secret -- a name


def findings(template: Resolved) -> Iterator[Finding]:
    """Every literal secret, in resources and in the defaults of parameters."""
    with transient_settings({"plugins_used": [{"name": name} for name in _DETECTORS]}):
        for resource in template.resources.values():
            by_value = _BY_VALUE.get(resource.type)
            for name, kind in dict.fromkeys(_secrets(template, template.parts(resource), by_value)):
                yield Finding("SECRET_IN_PLAIN_TEXT", _sentence(name, kind), resource.logical_id)
        for name, parameter in template.body.get("Parameters", {}).items():
            for _, kind in _secrets(template, [(name, str(parameter.get("Default", "")))], None):
                yield Finding("SECRET_IN_PLAIN_TEXT", _sentence(f"the default of {name}", kind))


def _sentence(name: str, kind: str) -> str:
    return (
        f"{name} holds {kind} in plain text: keep it in Secrets Manager, and refer to it by its ARN"
        " or by {{resolve:secretsmanager:...}}."
    )


def _secrets(
    template: Resolved, parts: Iterable[tuple[str, Any]], by_value: str | None
) -> Iterator[tuple[str, str]]:
    for name, part in parts:
        # Pairs: {"Name": "PASSWORD", "Value": "..."} of containers, CodeBuild and parameters.
        if isinstance(part, Mapping) and "Value" in part and (name_of_value := part.get("Name")):
            for text in template.texts(part["Value"]):
                yield from _in_text(str(name_of_value), text, None)
        elif isinstance(part, str):
            yield from _in_text(name, part, by_value)


def _in_text(name: str, text: str, by_value: str | None) -> Iterator[tuple[str, str]]:
    if _NO_SECRET.fullmatch(text):
        return
    words = _CAMEL.sub("_", name.removeprefix("--"))
    if (_SECRET_NAME.fullmatch(words) or name == by_value) and not re.search(r"[\s*]", text):
        yield name, "a secret"
    elif _SUSPICIOUS.search(text):
        for line in text.splitlines():
            for secret in scan_line(line) if _SUSPICIOUS.search(line) else ():
                yield name, f"a secret ({secret.type})"
