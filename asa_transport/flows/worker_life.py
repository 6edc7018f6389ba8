"""Keep a worker known to the store for as long as it lives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from asa_transport.capabilities import Teller
from asa_transport.edges.state.store.work import Registration, WorkTable
from asa_transport.errors import StoreUnusable
from asa_transport.model.dispatch import WorkerRecord

_BEAT_S: Final = 2.0


class WorkerLife:
    """What the store knows of this worker.

    Attributes:
        key: Its number there, which is another one where the store had lost it; `None` before it is known.
        run: What it works on.
    """

    def __init__(self, table: WorkTable, record: Callable[[], WorkerRecord], tell: Teller) -> None:
        self.key: int | None = None
        self.run: str | None = None
        self._table = table
        self._record = record
        self._tell = tell

    @contextmanager
    def known(self) -> Iterator[None]:
        """Be known to the store, until it is left.

        Raises:
            StoreUnusable: The store cannot be reached.
        """
        first = self._table.register(self._record())
        self.key = first.key
        over = threading.Event()
        thread = threading.Thread(target=self._beat, args=(first, over), name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _beat(self, registration: Registration, over: threading.Event) -> None:
        """Say twice in a while that it lives; register anew where the store has lost it."""
        held: Registration | None = registration
        is_told = False
        while not over.wait(_BEAT_S):
            try:
                if held is None:
                    held = self._table.register(self._record())
                    self.key = held.key
                held.beat(self.run)
                is_told = False
            except StoreUnusable as error:
                if held is not None:
                    held.close()
                held = None
                if not is_told:
                    self._tell.warn(f"warning: {error}; this worker goes on trying")
                is_told = True
        if held is not None:
            held.close()
