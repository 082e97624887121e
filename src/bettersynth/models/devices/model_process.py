"""The process that holds the models of one GPU for all workers of a run.

Started by the first worker that needs it: `python -m bettersynth.models.devices.model_process
ADDRESS`. It ends when no worker has been connected to it for a while, however they ended.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from multiprocessing.connection import Connection, Listener
from typing import Any

from bettersynth.models.devices.held_model import load_named
from bettersynth.models.devices.model_use import Use
from bettersynth.models.devices.within_memory import RowLimits

IDLE_SECONDS = 20.0


class ModelProcess:
    """Answers connections: one thread each receives and sends, one at a time asks a model."""

    def __init__(self) -> None:
        self.models: dict[Any, Any] = {}
        # by the same keys
        self.limits: dict[Any, RowLimits] = {}
        self.turn = threading.Lock()
        self.use = Use()
        self.connected = 0
        self.last_end = time.monotonic()

    def serve(self, connection: Connection) -> None:
        """Answer one worker until it goes."""
        with self.turn:
            self.connected += 1
        try:
            while True:
                connection.send(self.answer(connection.recv()))
        except (EOFError, OSError):
            # the worker has ended, by a kill too
            pass
        finally:
            with self.turn:
                self.connected -= 1
                self.last_end = time.monotonic()
            connection.close()

    def answer(self, request: Any) -> Any:
        """Return what a model's method gives, the error that it raises, or how busy it was."""
        if request is None:
            return self.use
        load, method, arguments = request
        with self.turn:
            try:
                model = self._model(load)
                if not method:
                    return None
                with self.use.working():
                    return self.limits[load].ask(model, method, *arguments)
            # it is the worker's to handle: there it ends the run in one line, or with its place
            except Exception as error:
                return error

    def _model(self, load: tuple[str, str, tuple[Any, ...]]) -> Any:
        if load not in self.models:
            self.models[load] = load_named(*load)
            self.limits[load] = RowLimits()
        return self.models[load]

    def end_when_idle(self) -> None:
        """End this process once nobody has been connected for `IDLE_SECONDS`."""
        while True:
            time.sleep(IDLE_SECONDS / 10)
            with self.turn:
                idle = not self.connected and time.monotonic() - self.last_end > IDLE_SECONDS
            if idle:
                os._exit(0)


def main() -> None:
    """Serve at the address that the command line names."""
    process = ModelProcess()
    threading.Thread(target=process.end_when_idle, daemon=True).start()
    # backlog: all workers of a machine may come at once
    with Listener(sys.argv[1], backlog=256) as listener:
        while True:
            connection = listener.accept()
            threading.Thread(target=process.serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
