"""Titles of scenarios in the tab's language."""

from __future__ import annotations

from client.http_client import ApiRequestError
from dashboard.dependencies import simulator_client
from dashboard.i18n.translate import current_language


def scenario_title(name: str) -> str:
    """Return the title of a scenario, or its name while the simulator does not answer."""
    try:
        scenarios = simulator_client().list_scenarios()
    except ApiRequestError:
        scenarios = ()
    titles = {one.name: one.title.in_language(current_language()) for one in scenarios}
    return titles.get(name, name)
