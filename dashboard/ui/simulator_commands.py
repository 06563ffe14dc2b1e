"""Send a command to the simulator and keep its result in the tab."""

from __future__ import annotations

from client.http_client import ApiRequestError
from dashboard.dependencies import feed, simulator_client
from dashboard.i18n.translate import _
from dashboard.tab_session import CommandResult, tab
from protocol.simulator_api import Command, command_name


def send_command(command: Command) -> None:
    """Send a command and store its result; for callbacks."""
    name, at = command_name(command), feed().now()
    try:
        response = simulator_client().send_command(command)
    except ApiRequestError as error:
        tab().command_result = CommandResult(name, at, error.detail.message or _(str(error)))
        return
    tab().command_result = CommandResult(
        name, at, order=response.order, notification=response.notification or ""
    )


def last_result() -> CommandResult | None:
    """Return the result of the tab's last command, if there is one."""
    return tab().command_result
