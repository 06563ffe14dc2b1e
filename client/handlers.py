"""Registry of message handlers; an exception in one does not affect the others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

Handler = Callable[[dict[str, Any]], object]
"""Takes the payload of a message; under ``WILDCARD``, the whole message."""
WILDCARD = "*"

log = logging.getLogger(__name__)


class Handlers:
    """Handlers by message type; may be changed by any thread, and from within a handler."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handlers: dict[str, tuple[Handler, ...]] = {}

    def on(self, type: str, handler: Handler) -> Callable[[], None]:
        """Add a handler, once; returns a function that removes it."""
        with self._lock:
            others = self._without(type, handler)
            self._handlers[type] = (*others, handler)
        return lambda: self.off(type, handler)

    def off(self, type: str, handler: Handler | None = None) -> None:
        """Remove a handler, or all of a type; it is no error if there are none."""
        with self._lock:
            self._handlers[type] = self._without(type, handler) if handler else ()

    def call(self, message: dict[str, Any]) -> None:
        """Call the handlers of the message's type and then those of every message."""
        payload = message.get("payload")
        payload = payload if isinstance(payload, dict) else {}
        for handler in self._handlers.get(message["type"], ()):
            _call(handler, payload, message["type"])
        for handler in self._handlers.get(WILDCARD, ()):
            _call(handler, message, message["type"])

    def _without(self, type: str, handler: Handler) -> tuple[Handler, ...]:
        # Compared with ==, not `is`: a bound method is a new object each time it is named.
        return tuple(other for other in self._handlers.get(type, ()) if other != handler)


def _call(handler: Handler, argument: dict[str, Any], type: str) -> None:
    try:
        handler(argument)
    except Exception:
        log.exception("Unhandled exception in a handler of %s", type)
