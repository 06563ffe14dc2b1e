"""Help for the heads of tables that mean the same on every page.

A column's own tooltip takes precedence.
"""

from __future__ import annotations

from common.text_markers import N_
from dashboard.i18n.translate import _, cached_per_language
from dashboard.ui.glossary import TERMS

HELP = {
    N_("Time"): N_("When it happened, in your time zone"),
    N_("Order"): N_("The number that the customer sees. Channels and messages use the order's id."),
    N_("Status"): N_("The step that the order has reached"),
    N_("Progress"): N_("Steps done, of those from checkout to delivery"),
    N_("Customer"): N_("The customer's name"),
    N_("Items"): N_("What was ordered, and how many of each"),
    N_("Total, ₴"): N_("Sum of the items, in UAH"),
    N_("Placed"): N_("When the order was placed"),
    N_("Tracking number"): N_("The carrier's number of the parcel"),
    N_("Parcel"): N_("Where the parcel is, as the carrier reports it"),
    N_("Product"): N_("The product's name"),
    N_("SKU"): N_("The shop's article number"),
    N_("State"): N_("The product runs low, is out, or is back in stock"),
    N_("Warehouse"): N_("The warehouse that the alert is about"),
    N_("Where"): N_("The warehouse that the alert is about"),
    N_("Left"): N_("Pieces left in this warehouse"),
    N_("Mark seen"): N_("Takes the alert off the list, in all tabs"),
    N_("Change"): N_("What happened to the cart"),
    N_("New"): N_("Messages that were not shown in this tab yet"),
    N_("Last message"): N_("The latest message of the conversation"),
    N_("Channel"): TERMS["channel"].explanation,
    N_("Type"): TERMS["type"].explanation,
    N_("Field"): N_("The path of the field in the message"),
    N_("Person"): N_("The name in the client's token"),
    N_("User"): N_("The user's id; empty if the client was not signed in"),
    N_("Role"): TERMS["role"].explanation,
    N_("Disconnect"): TERMS["disconnect"].explanation,
    N_("Event"): N_("What happened to the connection"),
    N_("Details"): N_("The close code, its meaning, and what was queued"),
    N_("Node"): TERMS["node"].explanation,
    N_("Uptime"): N_("Time since the node started"),
    N_("Connections"): N_("Open connections of this node"),
    N_("Subscriptions"): N_("Channel subscriptions of this node's connections"),
    N_("Channels"): N_("Channels with a subscriber on this node"),
    N_("From clients"): N_("Messages from clients to this node, since it started"),
    N_("To clients"): N_("Messages from this node to clients, since it started"),
    N_("Loop lag, ms"): TERMS["loop lag"].explanation,
    N_("Latency p95, ms"): N_(
        "The time from accepting a publication to writing it to a socket: 95 of 100 take at most "
        "this long"
    ),
    N_("Round trip"): TERMS["round trip"].explanation,
    N_("Test"): TERMS["conformance test"].explanation,
    N_("Expected"): TERMS["expected"].explanation,
    N_("Actual"): TERMS["actual"].explanation,
    N_("Result"): N_("Whether the actual answer is the expected one"),
    N_("Run"): N_("Runs this test alone"),
    "#": N_("The number of the frame in this tab"),
    "⇅": N_("↑ sent by the client, ↓ received from the server"),
}


def help_for(title: str) -> str:
    """Return the translated help for a translated head; empty if there is none."""
    return _by_title().get(title, "")


@cached_per_language
def _by_title() -> dict[str, str]:
    return {_(title): _(text) for title, text in HELP.items()}
