"""Collect the tests of those readers only that are installed."""

from __future__ import annotations

from tests.readers.installs import READERS

collect_ignore = [reader.tests for reader in READERS if not reader.is_there]
