"""The worker: a thread of the server that runs the jobs that are due."""

from __future__ import annotations

import logging
import threading

from django.db import close_old_connections
from django.utils import timezone

from securebase.workbench.jobs.actions import run_due, run_regular

#: Seconds between two looks at the table.
EVERY = 5.0

_log = logging.getLogger(__name__)


class Worker:
    """Runs due jobs until it is stopped. It waits for mail servers most of the time, so pages do not wait for it."""

    def __init__(self, every: float = EVERY) -> None:
        self._every = every
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="securebase-worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the present job, and wait for it."""
        self._stopped.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopped.is_set():
            close_old_connections()
            try:
                run_regular(timezone.now())
                run_due(timezone.now)
            except Exception as error:  # a full or locked database: the next look tries again
                _log.error("The worker could not run its jobs: %s", type(error).__name__)
            self._stopped.wait(self._every)
        close_old_connections()
