"""Send a command to the simulator and keep its result in the tab."""

from __future__ import annotations

from typing import Any

from client.http_client import ApiRequestError
from dashboard.dependencies import feed, simulator_client
from dashboard.i18n.translate import _
from dashboard.tab_session import CommandResult, tab


def send_command(command: str, **fields: Any) -> None:
    """Send a command and store its result; for callbacks."""
    at = feed().now()
    try:
        done = simulator_client().send_command(command, **fields)
    except ApiRequestError as why:
        tab().command_result = CommandResult(command, at, why.detail.message or _(str(why)))
    else:
        tab().command_result = CommandResult(command, at, order=done.order)


def last_result() -> CommandResult | None:
    """Return the result of the last command, if there is one."""
    return tab().command_result
