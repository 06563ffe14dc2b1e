"""Correct the clicks in the messages that Streamlit's frontend sends.

A click is kept until the browser's next task, which has two effects (seen with 1.67):

- Every timer of the page that fires before sends the click, too: the server would act on it two or
  three times (1 of 40 clicks).  The click's own message always follows, so a timer's copy is
  removed.
- Clicks that are made before share one message, which asks for the fragment of the first of them:
  what another one changes would not be drawn.  Such a message becomes one for the whole page.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

TRIGGER_FIELDS = ("trigger_value", "string_trigger_value", "chat_input_value", "json_trigger_value")


def correct_clicks(data: bytes) -> bytes:
    """Return a browser message: unchanged, a timer's without clicks, or one for the whole page."""
    message = BackMsg.FromString(data)
    if not message.HasField("rerun_script"):
        return data
    run = message.rerun_script
    states = run.widget_states.widgets
    others = [each for each in states if each.WhichOneof("value") not in TRIGGER_FIELDS]
    if run.is_auto_rerun:
        del states[:]
        states.extend(others)
    elif run.fragment_id and len(states) - len(others) > 1:
        run.ClearField("fragment_id")
    else:
        return data
    corrected: bytes = message.SerializeToString()
    return corrected


class CorrectClicks:
    """ASGI middleware in front of Streamlit's WebSocket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection or request."""

        async def received() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and message.get("bytes"):
                return {**message, "bytes": correct_clicks(message["bytes"])}
            return message

        await self._app(scope, received, send)
