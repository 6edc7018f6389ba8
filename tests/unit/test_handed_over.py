"""What passes between the processes of a run: messages, descriptors, errors, evidence, secrets, documents."""

from __future__ import annotations

import json
import os
import pickle
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.core.documents import audit
from asa_transport.core.reports.report import Report
from asa_transport.edges.secrets import handover
from asa_transport.engine import messages as channel
from asa_transport.engine.fleet import DeviceDeadline
from asa_transport.errors import AuthenticationError, CollectError, ConnectError, DeviceError
from asa_transport.model import Credential, Evidence, Secret
from tests.unit import reporting
from tests.unit.judging import NOW


@given(messages=st.lists(st.binary(max_size=3000), max_size=5))
def test_messages_arrive_whole_and_in_order(messages: list[bytes]) -> None:
    """A stream has no borders of its own."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for message in messages:
            channel.send(ours, message)
        ours.shutdown(socket.SHUT_WR)
        found = list(iter(lambda: channel.receive(theirs), None))

    assert found == [(message, ()) for message in messages]


def test_descriptors_arrive_with_their_own_message() -> None:
    """A device that got the socket of another would be audited under its name."""
    ours, theirs = socket.socketpair()
    reader, writer = os.pipe()
    with ours, theirs:
        channel.send(ours, b"before")
        channel.send(ours, b"with", [writer])
        channel.send(ours, b"after")
        os.close(writer)
        found = [channel.receive(theirs) for _ in range(3)]

    assert [None if one is None else (one[0], len(one[1])) for one in found] == [
        (b"before", 0), (b"with", 1), (b"after", 0),
    ]  # fmt: skip
    assert found[1] is not None
    os.write(found[1][1][0], b"the same pipe")
    os.close(found[1][1][0])
    assert os.read(reader, 100) == b"the same pipe"
    os.close(reader)


def test_half_a_message_is_none_and_its_descriptors_are_closed() -> None:
    """The other side was killed while it sent."""
    ours, theirs = socket.socketpair()
    reader, writer = os.pipe()
    with ours, theirs:
        socket.send_fds(ours, [channel.LENGTH.pack(100)], [writer])
        os.close(writer)
        ours.sendall(b"not a hundred bytes")
        ours.shutdown(socket.SHUT_WR)

        assert channel.receive(theirs) is None

    # Nobody holds the other end of the pipe any more.
    assert os.read(reader, 1) == b""
    os.close(reader)


@pytest.mark.parametrize(
    "error",
    [
        ConnectError("fw", did="dialling", saw="nothing", hint="wait", is_transient=True),
        AuthenticationError("fw", did="logging in", saw="rejected", hint="no", is_rejection=True),
        CollectError("fw", did="reading", saw="half", hint="again"),
    ],
)
def test_an_error_is_the_same_after_its_way(error: DeviceError) -> None:
    """Whether another try may help is decided in the process that dials."""
    again = pickle.loads(pickle.dumps(error))

    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))


def test_evidence_that_is_equal_is_shared_after_its_way() -> None:
    """The lines of ten thousand firewalls are much the same, and so is their memory."""
    data = pickle.dumps(Evidence(command="show version", line=3, text="Compiled on a day in May"))

    first, second = pickle.loads(data), pickle.loads(data)

    assert first == second == Evidence(command="show version", line=3, text="Compiled on a day in May")
    assert first.text is second.text


def test_secrets_are_the_same_after_their_way_and_refuse_any_other() -> None:
    """Letters of every script, quotes, and an enable password that is none."""
    secrets = {
        "lab": Credential(password=Secret('p"ä\\\u0662'), enable=None),
        "dmz": Credential(password=Secret("x"), enable=Secret("")),
    }

    assert handover.unpacked(handover.packed(secrets)) == secrets
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(secrets)


@given(report=reporting.hostile_reports, indent=st.integers(1, 3))
def test_a_document_in_parts_is_the_document(report: Report, indent: int) -> None:
    """Programs parse it; a person compares two of them line by line."""
    given_to = (report.run, report.devices, report.outcomes)
    whole = audit.document(*given_to, now=report.now)

    parts = audit.texts(*given_to, now=report.now, indent=indent)

    assert "".join(parts) == json.dumps(whole, indent=indent, ensure_ascii=False) + "\n"


def test_a_document_of_no_device_in_parts_is_the_document() -> None:
    """An empty list is written on one line."""
    whole = audit.document(reporting.RUN, (), (), now=NOW)

    assert "".join(audit.texts(reporting.RUN, (), (), now=NOW, indent=2)) == (
        json.dumps(whole, indent=2) + "\n"
    )


def test_a_leash_counts_only_the_time_that_is_the_devices_own() -> None:
    """A device that waits for a free worker must not arrive there with no time left."""
    now = 100.0
    device_deadline = DeviceDeadline(10.0, clock=lambda: now)
    device_deadline.pause()
    device_deadline.pause()
    now = 150.0
    waiting = device_deadline.remaining_s()
    device_deadline.resume()
    device_deadline.resume()
    now = 154.0

    assert (waiting, device_deadline.remaining_s(), device_deadline.deadline) == (10.0, 6.0, 160.0)
