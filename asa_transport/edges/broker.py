"""Tell the workers of a region that there is work, and hear that as one of them; alone knows Celery.

A message says which run has work in which region, and nothing else: devices, secrets and lines are no part of
it.  What is to be done is asked of the store when the message arrives, so one that comes twice, late or never
does no harm.  Each region has a queue of its own on a direct exchange, declared as a quorum queue, and each
worker consumes one queue, one message at a time, acknowledged at its end.

Why each of these, and what Celery does by itself, is in docs/distributed.md.

Sources: Celery documentation, "Configuration and defaults" and "Extensions and Bootsteps"; RabbitMQ
documentation, "Quorum Queues".
"""

from __future__ import annotations

import contextlib
import logging
import re
import ssl
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from asa_transport.errors import BrokerError

if TYPE_CHECKING:
    from celery import Celery
    from kombu import Queue

_EXCHANGE: Final = "asa-transport"
# Whoever may send to an exchange may send to all queues that are bound to it.
_PUSH_EXCHANGE: Final = "asa-transport.push"
_TASK: Final = "asa_transport.collect"
_PUSH_TASK: Final = "asa_transport.push"
_QUEUE: Final = "region.{region}"
# A region has no name that ends so.
_PUSHES: Final = ".push"
# What RabbitMQ takes as a name is longer; what a person reads in its list is not.
_REGION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,79}")
_HELP: Final = (
    "give --broker or ASA_TRANSPORT_BROKER as amqp://USER:PASSWORD@HOST/VHOST, or amqps:// with TLS"
)
# A broker that is well answers within this; one that is not is tried again by who waits for the work.
_CONNECT_S: Final = 5.0
_HEARTBEAT_S: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerPlace:
    """Where the broker is; `url` may hold a password and is never shown.

    Attributes:
        authority: A file of the authorities that its certificate may be of; `None` for the system's.
    """

    url: str
    authority: str | None = None

    @property
    def shown(self) -> str:
        """Scheme, host, port and vhost."""
        parts = urlsplit(self.url)
        port = "" if parts.port is None else f":{parts.port}"
        return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def broker_place(url: str | None, authority: str | None = None) -> BrokerPlace:
    """Return where the broker is; contacts nothing.

    Raises:
        BrokerError: There is no URL, or it is none of a broker.
    """
    if not url:
        raise BrokerError(f"the workers of the regions are reached through a broker: {_HELP}")
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in {"amqp", "amqps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one:
        # Not the text itself: it may hold a password.
        raise BrokerError(f"the broker's URL cannot be read; {_HELP}")
    return BrokerPlace(url=url, authority=authority)


class Broker:
    """Sends messages; use it as a context, from one thread."""

    def __init__(self, place: BrokerPlace) -> None:
        """Make it; nothing is contacted.

        Raises:
            BrokerError: Celery is not installed.
        """
        self._place = place
        self._app = _app(place)
        self._connection: Any = None

    def __enter__(self) -> Broker:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            _ignored(self._connection.close)
        self._app.close()

    def ask(self, region: str, run: str) -> None:
        """Tell a region that a run has work for it.

        Raises:
            BrokerError: The broker did not take the message; it may be tried again.
        """
        self._send(_TASK, _queue(region), {"run": run, "region": region})

    def push(self, region: str, run: str, digest: str) -> None:
        """Tell a region's workers that push that a run has work for them.

        Args:
            digest: Of its plan.

        Raises:
            BrokerError: The broker did not take the message; it may be tried again.
        """
        given = {"run": run, "region": region, "digest": digest}
        self._send(_PUSH_TASK, _queue(region, is_pushing=True), given)

    def _send(self, task: str, queue: Queue, given: Mapping[str, str]) -> None:
        try:
            if self._connection is None:
                self._connection = self._app.connection_for_write()
                self._connection.ensure_connection(max_retries=1, timeout=_CONNECT_S)
            self._app.send_task(
                task,
                kwargs=dict(given),
                queue=queue,
                connection=self._connection,
                retry=False,
                declare=[queue],
                # Nobody reads them.
                argsrepr="",
                kwargsrepr="",
            )
        except Exception as error:  # noqa: BLE001 - kombu's, amqp's and the system's have no name in common
            connection, self._connection = self._connection, None
            if connection is not None:
                _ignored(connection.close)
            raise _unusable(self._place, error) from None

    def depth(self, region: str) -> int | None:
        """Return how many messages wait for a region's workers that read; `None` where it has no queue yet.

        Raises:
            BrokerError: The broker did not answer.
        """
        try:
            with self._app.connection_for_write() as connection:
                connection.ensure_connection(max_retries=1, timeout=_CONNECT_S)
                with connection.channel() as channel:
                    try:
                        found = channel.queue_declare(_QUEUE.format(region=region), passive=True)
                    except connection.channel_errors:
                        return None
                    return int(found.message_count)
        except Exception as error:  # noqa: BLE001 - as above
            raise _unusable(self._place, error) from None


def serve(
    place: BrokerPlace,
    region: str,
    collect: Callable[[str], None],
    *,
    ending: Callable[[], None],
    said: Callable[[str], None],
) -> None:
    """Consume the queue of one region until a signal ends it.

    Args:
        collect: Given the run of a message; one at a time, in a thread of its own.  Comes back well before
            the broker's limit for an acknowledgement, and raises nothing.
        ending: Called when a signal has ended it, while the last message is still worked on.
        said: Given what Celery warns of, a line each.

    Raises:
        BrokerError: The region has no queue's name, or Celery is not installed.
    """

    def received(run: str, region: str) -> None:
        del region
        collect(run)

    _served(place, _queue(region), _Task(name=_TASK, run=received, is_late=True), ending=ending, said=said)


def serve_pushes(
    place: BrokerPlace,
    region: str,
    push: Callable[[str, str], None],
    *,
    at_once: int,
    ending: Callable[[], None],
    said: Callable[[str], None],
) -> None:
    """Consume the queue of one region's pushes until a signal ends it.

    A message is acknowledged before its work begins: none comes again because of what became of the work.

    Args:
        push: Given the run of a message and the digest of its plan, in a thread of its own; raises nothing.
        at_once: The most messages at a time.
        ending: Called when a signal has ended it, while messages are still worked on.
        said: As for `serve`.

    Raises:
        BrokerError: The region has no queue's name, or Celery is not installed.
    """

    def received(run: str, region: str, digest: str) -> None:
        del region
        push(run, digest)

    task = _Task(name=_PUSH_TASK, run=received, is_late=False, at_once=at_once)
    _served(place, _queue(region, is_pushing=True), task, ending=ending, said=said)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What a queue's messages are for; `is_late`: acknowledged at its end."""

    name: str
    run: Callable[..., None]
    is_late: bool
    at_once: int = 1


def _served(
    place: BrokerPlace,
    queue: Queue,
    task: _Task,
    *,
    ending: Callable[[], None],
    said: Callable[[str], None],
) -> None:
    app = _app(place, (queue,))
    from celery import signals  # noqa: PLC0415
    from celery.exceptions import SecurityWarning  # noqa: PLC0415

    def ended(**_: object) -> None:
        ending()

    app.task(name=task.name, acks_late=task.is_late, ignore_result=True, max_retries=0)(task.run)
    for name in ("celery", "kombu", "amqp"):
        log = logging.getLogger(name)
        log.addHandler(_Said(said, place))
        log.propagate = False
    # That root should not unpickle what a stranger sends; here is only JSON, which says a run and a region.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    # Held here: Celery keeps its listeners weakly.
    signals.worker_shutting_down.connect(ended)
    worker = app.Worker(
        pool="threads",
        concurrency=task.at_once,
        queues=[queue.name],
        hostname=f"{queue.name}@%h",
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
        loglevel="WARNING",
        quiet=True,
    )
    worker.start()


class _Said(logging.Handler):
    """Takes what Celery logs, in one line and without the broker's password."""

    def __init__(self, said: Callable[[str], None], place: BrokerPlace) -> None:
        super().__init__(logging.WARNING)
        self._said = said
        self._place = place

    def emit(self, record: logging.LogRecord) -> None:
        """Say the first line of it."""
        line = (record.getMessage().strip().splitlines() or [record.name])[0]
        self._said(f"warning: {_without_password(line, self._place):.300}")


def _queue(region: str, *, is_pushing: bool = False) -> Queue:
    from kombu import Exchange, Queue  # noqa: PLC0415

    if not _REGION.fullmatch(region) or region.endswith(_PUSHES):
        raise BrokerError(
            f"the region {region!r:.100} cannot be the name of a queue; expected letters, digits, '.', '_', "
            "'-' and blanks, 80 at most, a letter or a digit first, and not '.push' at its end"
        )
    name = _QUEUE.format(region=region) + (_PUSHES if is_pushing else "")
    exchange = Exchange(_PUSH_EXCHANGE if is_pushing else _EXCHANGE, type="direct", durable=True)
    return Queue(name, exchange, routing_key=name, durable=True, queue_arguments={"x-queue-type": "quorum"})


def _app(place: BrokerPlace, queues: tuple[Queue, ...] = ()) -> Celery:
    try:
        from celery import Celery  # noqa: PLC0415
    except ImportError as error:
        raise BrokerError(
            "the workers of the regions need one more package; install 'asa-transport[distributed]'"
        ) from error
    app = Celery("asa_transport", set_as_current=False)
    app.conf.update(_settings(place), task_queues=queues)
    return app


def _settings(place: BrokerPlace) -> Mapping[str, Any]:
    return {
        "broker_url": place.url,
        "broker_use_ssl": _tls(place),
        "broker_connection_timeout": _CONNECT_S,
        "broker_heartbeat": _HEARTBEAT_S,
        "broker_connection_retry_on_startup": True,
        # A broker that comes back after a night is met again.
        "broker_connection_max_retries": None,
        "broker_transport_options": {"confirm_publish": True},
        "accept_content": ["json"],
        "task_serializer": "json",
        "task_ignore_result": True,
        "task_acks_late": True,
        # The store says what has been done; who waits sends a lost message again.
        "task_reject_on_worker_lost": False,
        "task_create_missing_queues": False,
        "worker_prefetch_multiplier": 1,
        "worker_consumer": "asa_transport.edges.broker_consumer:RegionConsumer",
        # A user of a region may use its queue, and make none for replies or events.
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
    }


def _tls(place: BrokerPlace) -> Mapping[str, Any] | bool:
    """Return how TLS is spoken: py-amqp verifies nothing unless it is told to."""
    parts = urlsplit(place.url)
    if parts.scheme != "amqps":
        return False
    paths = ssl.get_default_verify_paths()
    return {
        "cert_reqs": ssl.CERT_REQUIRED,
        "ca_certs": place.authority or paths.cafile or paths.openssl_cafile,
        "server_hostname": parts.hostname,
    }


def _unusable(place: BrokerPlace, error: Exception) -> BrokerError:
    said = str(error).strip().splitlines() or [type(error).__name__]
    text = _without_password(said[0], place)
    return BrokerError(f"the broker {place.shown} did not take a message: {text:.200}")


def _without_password(text: str, place: BrokerPlace) -> str:
    password = urlsplit(place.url).password
    for secret in {password, unquote(password)} if password else ():
        text = text.replace(secret, "****")
    return text


def _ignored(action: Callable[[], object]) -> None:
    # The connection is lost, which is why it is closed.
    with contextlib.suppress(Exception):
        action()
