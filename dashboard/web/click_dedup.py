"""Remove duplicate clicks from the messages of timed fragments.

Streamlit's frontend keeps a click until its next task, and every timer of the page that fires
before sends it too: the server would act on it two or three times (seen with 1.67, for 1 of 40
clicks).  The click's own message always follows, so a timer's copy can be removed.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

TRIGGER_FIELDS = ("trigger_value", "string_trigger_value", "chat_input_value", "json_trigger_value")


def strip_triggers(data: bytes) -> bytes:
    """Return a browser message unchanged, or a timer's without trigger values."""
    message = BackMsg.FromString(data)
    run = message.rerun_script
    if not (message.HasField("rerun_script") and run.is_auto_rerun):
        return data
    kept = [
        each for each in run.widget_states.widgets if each.WhichOneof("value") not in TRIGGER_FIELDS
    ]
    del run.widget_states.widgets[:]
    run.widget_states.widgets.extend(kept)
    cleared: bytes = message.SerializeToString()
    return cleared


class DeduplicateClicks:
    """ASGI middleware in front of Streamlit's WebSocket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection or request."""

        async def received() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and message.get("bytes"):
                return {**message, "bytes": strip_triggers(message["bytes"])}
            return message

        await self._app(scope, received, send)
