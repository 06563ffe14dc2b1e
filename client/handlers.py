"""Registry of message handlers; an exception in one does not affect the others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

MessageHandler = Callable[[dict[str, Any]], object]
"""Takes the payload of a message; under ``WILDCARD``, the whole message."""
WILDCARD = "*"

log = logging.getLogger(__name__)


class HandlerRegistry:
    """Handlers by message type; may be changed by any thread, and from within a handler."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handlers: dict[str, tuple[MessageHandler, ...]] = {}

    def on(self, type: str, handler: MessageHandler) -> Callable[[], None]:
        """Add a handler, once; returns a function that removes it."""
        with self._lock:
            others = self._without(type, handler)
            self._handlers[type] = (*others, handler)
        return lambda: self.off(type, handler)

    def off(self, type: str, handler: MessageHandler | None = None) -> None:
        """Remove a handler, or all of a type; it is no error if there are none."""
        with self._lock:
            self._handlers[type] = self._without(type, handler) if handler else ()

    def dispatch(self, message: dict[str, Any]) -> None:
        """Call the handlers of the message's type and then those of every message."""
        payload = message.get("payload")
        payload = payload if isinstance(payload, dict) else {}
        for handler in self._handlers.get(message["type"], ()):
            _call_handler(handler, payload, message["type"])
        for handler in self._handlers.get(WILDCARD, ()):
            _call_handler(handler, message, message["type"])

    def _without(self, type: str, handler: MessageHandler) -> tuple[MessageHandler, ...]:
        # Compared with ==, not `is`: a bound method is a new object each time it is named.
        return tuple(other for other in self._handlers.get(type, ()) if other != handler)


def _call_handler(handler: MessageHandler, argument: dict[str, Any], type: str) -> None:
    try:
        handler(argument)
    except Exception:
        log.exception("Unhandled exception in a handler of %s", type)
