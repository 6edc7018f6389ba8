"""What may be handed over: errors, evidence, documents in parts; and secrets, which may not."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given

from asa_transport.core.documents import audit
from asa_transport.core.reports.report import Report
from asa_transport.engine.fleet import DeviceDeadline
from asa_transport.errors import AuthenticationError, CollectError, ConnectError, DeviceError
from asa_transport.model import Credential, Evidence, Secret
from tests.unit import reporting
from tests.unit.judging import NOW


@pytest.mark.parametrize(
    "error",
    [
        ConnectError("fw", did="dialling", saw="nothing", hint="wait", is_transient=True),
        AuthenticationError("fw", did="logging in", saw="rejected", hint="no", is_rejection=True),
        CollectError("fw", did="reading", saw="half", hint="again"),
    ],
)
def test_an_error_is_the_same_after_its_way(error: DeviceError) -> None:
    """Whether another try may help is decided where it is dialled."""
    again = pickle.loads(pickle.dumps(error))

    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))


def test_evidence_that_is_equal_is_shared_after_its_way() -> None:
    """The lines of ten thousand firewalls are much the same, and so is their memory."""
    data = pickle.dumps(Evidence(command="show version", line=3, text="Compiled on a day in May"))

    first, second = pickle.loads(data), pickle.loads(data)

    assert first == second == Evidence(command="show version", line=3, text="Compiled on a day in May")
    assert first.text is second.text


def test_secrets_are_never_pickled() -> None:
    """Not by a library that copies what it is given, either."""
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps({"lab": Credential(password=Secret("x"), enable=Secret(""))})


@given(report=reporting.hostile_reports)
def test_a_document_in_parts_is_the_document(report: Report) -> None:
    """Programs parse it; a person compares two of them line by line."""
    given_to = (report.run, report.devices, report.outcomes)
    whole = audit.document(*given_to, now=report.now)

    parts = audit.texts(*given_to, now=report.now)

    assert "".join(parts) == json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def test_a_document_of_no_device_in_parts_is_the_document() -> None:
    """An empty list is written on one line."""
    whole = audit.document(reporting.RUN, (), (), now=NOW)

    assert "".join(audit.texts(reporting.RUN, (), (), now=NOW)) == (json.dumps(whole, indent=2) + "\n")


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
