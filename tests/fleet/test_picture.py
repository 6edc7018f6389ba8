"""What the README shows of an audit is what the program shows: `make picture` writes it anew."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from tempfile import TemporaryDirectory

from mock_devices import MockFleet, load_scenario
from tests.picture import MOST_BYTES, PICTURE, README, TRANSCRIPT, TWELVE, transcript

# Other ones each time, of the same length.
_MADE = re.compile(r"(?<=port )\d{5}|(?<=SHA256:)\S{43}")


def test_the_transcript_in_the_readme_is_what_an_audit_shows() -> None:
    """Who tries the demo sees what the README promised, word for word."""
    (shown,) = TRANSCRIPT.findall(README.read_text())
    # With a short name: what is folded counts the folder of the files too.
    with TemporaryDirectory(prefix="asa-") as home, MockFleet.serve(load_scenario("demo")) as fleet:
        said = transcript(fleet.write(Path(home)).inventory)

    assert _MADE.sub("-", shown) == _MADE.sub("-", said)
    assert len(TWELVE) == 12


def test_the_picture_of_the_report_is_small_and_as_wide_as_a_window() -> None:
    """It is loaded with the README; one that is narrower cannot be read."""
    data = PICTURE.read_bytes()
    width, height = struct.unpack(">II", data[16:24])

    assert data.startswith(b"\x89PNG")
    assert (width, len(data) < MOST_BYTES) == (1280, True)
    assert height < width
