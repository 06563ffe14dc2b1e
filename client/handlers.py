"""Registry of message handlers; an exception in one does not affect the others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from client.sans_io.codec import message_payload, raw_payload

T = TypeVar("T")

MessageHandler = Callable[[dict[str, Any]], object]
"""Called with the payload of a message; under ``WILDCARD``, with the whole message."""
RawPayloadHandler = Callable[[bytes], object]
"""Called with the payload of a message as JSON, byte for byte as it was received."""
WILDCARD = "*"

log = logging.getLogger(__name__)


class HandlerRegistry:
    """Handlers by message type; may be changed by any thread, and from within a handler."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handlers: dict[str, tuple[MessageHandler, ...]] = {}
        self._raw_handlers: dict[str, tuple[RawPayloadHandler, ...]] = {}

    def on(self, type: str, handler: MessageHandler) -> Callable[[], None]:
        """Add a handler, once; returns a function that removes it."""
        with self._lock:
            self._handlers[type] = (*_without(self._handlers, type, handler), handler)
        return lambda: self.off(type, handler)

    def on_raw(self, type: str, handler: RawPayloadHandler) -> Callable[[], None]:
        """Add a handler of undecoded payloads, once; returns a function that removes it."""
        with self._lock:
            self._raw_handlers[type] = (*_without(self._raw_handlers, type, handler), handler)

        def remove() -> None:
            with self._lock:
                self._raw_handlers[type] = _without(self._raw_handlers, type, handler)

        return remove

    def off(self, type: str, handler: MessageHandler | None = None) -> None:
        """Remove a handler, or all of a type, raw ones too; it is no error if there are none."""
        with self._lock:
            if handler is None:
                self._handlers[type], self._raw_handlers[type] = (), ()
            else:
                self._handlers[type] = _without(self._handlers, type, handler)

    def dispatch(self, message: dict[str, Any], text: bytes) -> None:
        """Call the handlers of the message's type and then those of every message."""
        type = message["type"]
        if raw_handlers := self._raw_handlers.get(type):
            undecoded = raw_payload(text)
            for raw_handler in raw_handlers:
                _call_handler(raw_handler, undecoded, type)
        payload = message_payload(message)
        for handler in self._handlers.get(type, ()):
            _call_handler(handler, payload, type)
        for handler in self._handlers.get(WILDCARD, ()):
            _call_handler(handler, message, type)


def _without(
    handlers: Mapping[str, tuple[Callable[[T], object], ...]],
    type: str,
    handler: Callable[[T], object],
) -> tuple[Callable[[T], object], ...]:
    # Compared with ==, not `is`: a bound method is a new object each time it is named.
    return tuple(other for other in handlers.get(type, ()) if other != handler)


def _call_handler(handler: Callable[[T], object], argument: T, type: str) -> None:
    try:
        handler(argument)
    except Exception:
        log.exception("Unhandled exception in a handler of %s", type)
