"""What is told to people after a run, and through which channels.

A channel holds where its secrets come from, never the secrets.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from asa_transport.model.fields import says
from asa_transport.model.inventory import SecretSource
from asa_transport.model.severity import Severity


class NoticeKind(enum.StrEnum):
    """What is told of."""

    AUDIT = "audit"
    PLAN = "plan"
    DRY_RUN = "dry-run"
    PUSH = "push"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedValue:
    """One thing that was, or is; `None` where the device did not show it."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldChange:
    """One change on one device, as a program reads it."""

    device: str
    kind: str = field(metadata=says("What kind of change it is, as in a diff; of a push its outcome."))
    rule: str | None = field(metadata=says("Of a finding: the rule that fires, or that no longer does."))
    bug: str | None
    severity: Severity | None = field(metadata=says("Of a finding; of a push how much it needs a person."))
    before: tuple[NamedValue, ...] | None = field(metadata=says("What was; null where there was nothing."))
    after: tuple[NamedValue, ...] | None = field(metadata=says("What is; null where there is nothing."))
    text: str = field(metadata=says("The same for people, without the device's name."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run, or the difference between two, comes to.

    Attributes:
        headline: One line of our own words; a subject, a title.
        has_changed: Whether it is told where a channel hears of changes only.
        news: What is read first, in Markdown, what devices say in it inert: what changed, or the whole
            where there is nothing to compare with.
        markdown: The whole.
        changes: The first of the changes; `changes_left_out` is how many more there are.
        document: The whole for programs; only what JSON knows.
    """

    headline: str
    has_changed: bool
    news: str
    markdown: str
    kind: NoticeKind = NoticeKind.AUDIT
    changes: tuple[ToldChange, ...] = ()
    changes_left_out: int = 0
    document: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is sent: a summary, of which run, and the run's page where there is one."""

    run_id: str
    summary: Summary
    html: str | None = None


class MailTls(enum.StrEnum):
    """How a connection to a mail server is protected."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"

    @property
    def port(self) -> int:
        """The usual port: submission, submissions (RFC 8314), smtp."""
        return {MailTls.STARTTLS: 587, MailTls.IMPLICIT: 465, MailTls.NONE: 25}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """What a channel wants to hear of.

    Attributes:
        always: Of every run, and not of changes only.
        severity: Of findings that are so severe, or more; `None` for all.
        regions: Of devices of these regions; empty for all devices.
    """

    always: bool = False
    severity: Severity | None = None
    regions: tuple[str, ...] = ()

    @property
    def is_all(self) -> bool:
        """Whether it is the whole of a run."""
        return self.severity is None and not self.regions

    def is_of(self, region: str | None) -> bool:
        """Return whether a device of this region is of interest."""
        return not self.regions or region in self.regions

    def reaches(self, severity: Severity) -> bool:
        """Return whether what is so severe is of interest."""
        return self.severity is None or severity.rank >= self.severity.rank

    @property
    def words(self) -> str:
        """Which part of a run it is, for a headline; empty for the whole."""
        severity = "" if self.severity is None else f"; severity {self.severity} or higher"
        regions = f"; region{'s'[: len(self.regions) - 1]} {', '.join(self.regions)}" if self.regions else ""
        return severity + regions


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How hard a channel tries.

    Attributes:
        attempts: How often in all; only faults that may pass are tried again.
        timeout_s: For each step of one attempt.
        limit_s: For all attempts together, and the waits between them.
        ca_file: Trusted certificates in place of the system's.
    """

    attempts: int = 4
    timeout_s: float = 10.0
    limit_s: float = 300.0
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChannel:
    """A JSON document by HTTP POST; signed where there is a key."""

    name: str
    url: SecretSource
    key: SecretSource | None = None
    interest: Interest = field(default_factory=Interest)
    delivery: Delivery = field(default_factory=Delivery)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChannel:
    """A mail through an SMTP server; a login only where there is a user name."""

    name: str
    host: str
    port: int
    tls: MailTls
    sender: str
    recipients: tuple[str, ...]
    username: str | None = None
    password: SecretSource | None = None
    interest: Interest = field(default_factory=Interest)
    delivery: Delivery = field(default_factory=Delivery)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppriseChannel:
    """One of the services that Apprise knows, by its URL (extra `apprise`)."""

    name: str
    url: SecretSource
    interest: Interest = field(default_factory=Interest)
    delivery: Delivery = field(default_factory=Delivery)


Channel: TypeAlias = WebhookChannel | EmailChannel | AppriseChannel
