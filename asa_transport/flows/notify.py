"""Tell people of a run: read the channels before it, send to each of them after it.

Guarantees that everything that can be wrong with the file, its secrets and its URLs is said
before the first device is contacted, and that a channel that fails keeps no other from being
told.  Tries again only what may pass, a bounded number of times, within a limit for all of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, assert_never

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from asa_transport.core.documents import notification
from asa_transport.core.reports.notification import excerpt
from asa_transport.edges.notify import apprise, mail, trust, webhook
from asa_transport.edges.secrets import credentials
from asa_transport.engine.wait_limit import GivenUp, WaitLimit
from asa_transport.errors import DeliveryError, UserError
from asa_transport.files import notify
from asa_transport.files.checker import nearest, quoted
from asa_transport.model import (
    AppriseChannel,
    Channel,
    EmailChannel,
    Interest,
    Notice,
    Secret,
    SecretSource,
    WebhookChannel,
)

# A mail's text is read on a telephone; chats refuse more than about 2,000 characters.
_MAIL_TEXT: Final = 8_000
_CHAT_TEXT: Final = 1_500
# A receiver that wants more than this is told tomorrow.
_LONGEST_WAIT_S: Final = 60.0
_WAIT: Final = wait_exponential_jitter(initial=1, max=30)

Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """How the telling of one channel ended; `error` is `None` where it arrived.

    Attributes:
        to: What may be shown of where it went: a host, or a service's name.
    """

    channel: str
    kind: str
    to: str
    error: str | None = None

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        return "sent" if self.error is None else f"failed: {self.error}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _ChannelLine:
    """One channel with its secrets."""

    channel: Channel
    kind: str
    to: str
    secrets: Mapping[str, Secret]

    def result(self, error: str | None) -> DeliveryResult:
        """Return how its telling ended."""
        return DeliveryResult(channel=self.channel.name, kind=self.kind, to=self.to, error=error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """The channels of a file, ready to be told."""

    lines: tuple[_ChannelLine, ...] = ()
    sleep: Sleep = time.sleep

    def wants_page(self, interest: Interest) -> bool:
        """Whether a channel of this interest would attach the run's page."""
        mailed = (line.channel for line in self.lines if isinstance(line.channel, EmailChannel))
        return any(channel.interest == interest for channel in mailed)

    def tell(self, notice_of: Callable[[Interest], Notice], *, at: datetime) -> Iterator[DeliveryResult]:
        """Tell each channel that hears of this run, and yield how that ended.

        Raises nothing but KeyboardInterrupt, and that after a result for each that was not told.

        Args:
            notice_of: Returns what a channel of such an interest is told.
            at: When the run ended.
        """
        noticed = [(line, notice_of(line.channel.interest)) for line in self.lines]
        hearing = [
            (line, notice)
            for line, notice in noticed
            if notice.summary.has_changed or line.channel.interest.always
        ]
        for number, (line, notice) in enumerate(hearing):
            delivery = line.channel.delivery
            told = partial(self._told, partial(_send, line, notice, at), delivery.attempts)
            try:
                error = WaitLimit(limit_s=delivery.limit_s).call("notify", told)
            except GivenUp as given_up:
                error = f"no answer within {given_up.limit_s:g} s in all; given up"
            except KeyboardInterrupt:
                for left, _ in hearing[number:]:
                    yield left.result("the program was ended before it was told")
                raise
            yield line.result(error)

    def regions_without(self, known: Collection[str | None]) -> Iterator[str]:
        """Yield a sentence for each region of a channel in which no firewall is.

        Nobody is told of such a region, but a run must not fail because its last firewall has gone.
        """
        regions = sorted(region for region in known if region is not None)
        for line in self.lines:
            for region in line.channel.interest.regions:
                if region not in known:
                    there = f"regions: {', '.join(regions)}" if regions else "no firewall has a region"
                    yield (
                        f"warning: channel {line.channel.name}: region: no firewall of the inventory is in "
                        f"{quoted(region)}{nearest(region, regions)}, so nothing is told of it; {there}"
                    )

    def _told(self, send: Callable[[], None], attempts: int) -> str | None:
        retrying = Retrying(
            stop=stop_after_attempt(attempts),
            retry=retry_if_exception(lambda error: isinstance(error, DeliveryError) and error.is_transient),
            wait=_wait,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            retrying(send)
        except DeliveryError as error:
            tried = retrying.statistics.get("attempt_number", 1)
            return f"{error} (attempt {tried} of {attempts})" if error.is_transient else str(error)
        return None


def notifier(file: Path, *, ask: credentials.Ask | None, sleep: Sleep = time.sleep) -> Notifier:
    """Return the channels of a file with their secrets.

    Raises:
        UserError: The file, a secret, a URL or a package is not usable.
    """
    channels = notify.load(file)
    secrets = _obtained(channels, ask)
    lines, problems = [], []
    for channel in channels:
        try:
            lines.append(_line(channel, secrets))
        except UserError as error:
            problems.append(str(error))
    if problems:
        raise UserError("\n".join(problems))
    return Notifier(lines=tuple(lines), sleep=sleep)


def ready(channel: Channel, *, ask: credentials.Ask | None) -> _ChannelLine:
    """Return one channel with its secrets, as `notifier` has those of a file; raises as it does."""
    return _line(channel, _obtained((channel,), ask))


def _obtained(channels: Sequence[Channel], ask: credentials.Ask | None) -> Mapping[str, Secret]:
    """Return the secrets of channels, each by its channel and key."""
    sources = {f"{_called(c)}: {key}": source for c in channels for key, source in _sources(c).items()}
    return credentials.obtain(sources, ask=ask)


def kind_of(channel: Channel) -> str:
    """Return the channel's kind, as its file names it."""
    match channel:
        case WebhookChannel():
            return "webhook"
        case EmailChannel():
            return "email"
        case AppriseChannel():
            return "apprise"
        case _:
            assert_never(channel)


def _called(channel: Channel) -> str:
    return f"channel {channel.name}"


def _sources(channel: Channel) -> Mapping[str, SecretSource]:
    match channel:
        case WebhookChannel():
            return {"url": channel.url} | ({} if channel.key is None else {"key": channel.key})
        case EmailChannel():
            return {} if channel.password is None else {"password": channel.password}
        case AppriseChannel():
            return {"url": channel.url}
        case _:
            assert_never(channel)


def _line(channel: Channel, known: Mapping[str, Secret]) -> _ChannelLine:
    what = _called(channel)
    secrets = {key: known[f"{what}: {key}"] for key in _sources(channel)}
    trust.check(what, channel.delivery.ca_file)
    match channel:
        case WebhookChannel():
            to = webhook.host_of(f"{what}: url", secrets["url"])
        case EmailChannel():
            to = channel.host
        case AppriseChannel():
            to = apprise.check(what, secrets["url"])
        case _:
            assert_never(channel)
    return _ChannelLine(channel=channel, kind=kind_of(channel), to=to, secrets=secrets)


def _send(line: _ChannelLine, notice: Notice, at: datetime) -> None:
    channel = line.channel
    match channel:
        case WebhookChannel():
            webhook.post(
                line.secrets["url"],
                json.dumps(notification.document(notice)).encode(),
                key=line.secrets.get("key"),
                delivery_id=f"{notice.run_id}.{channel.name}",
                timeout_s=channel.delivery.timeout_s,
                ca_file=channel.delivery.ca_file,
                now=time.time,
            )
        case EmailChannel():
            body = excerpt(notice.summary.markdown, _MAIL_TEXT)
            letter = mail.message(channel, notice, body=body, at=at)
            mail.send(channel, line.secrets.get("password"), letter)
        case AppriseChannel():
            text = excerpt(notice.summary.news, _CHAT_TEXT)
            apprise.tell(channel.name, line.secrets["url"], title=notice.summary.headline, body=text)
        case _:
            assert_never(channel)


def _wait(state: RetryCallState) -> float:
    """Return how long to wait: as the receiver asks, else longer each time."""
    error = state.outcome.exception() if state.outcome is not None else None
    asked = error.retry_after_s if isinstance(error, DeliveryError) else None
    return min(asked if asked is not None else _WAIT(state), _LONGEST_WAIT_S)
