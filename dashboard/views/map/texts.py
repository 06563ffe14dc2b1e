"""The words of the picture, in the tab's language."""

from __future__ import annotations

from dashboard.i18n.translate import _, ngettext

PUBLISHER_TYPES = {  # the type that a publisher's messages have, for the Explorer
    "carts": "cart_update",
    "orders": "order_update",
    "notifications": "notification",
    "customers": "chat_message",
    "support": "chat_message",
    "visits": "customer_activity",
    "stock": "inventory_alert",
}
SHARED_LANES = frozenset({"+", "…"})  # for channels without a lane of their own
PLURAL_SAMPLES = (1, 2, 5)  # every plural form of both languages


def all_texts() -> dict[str, str | list[str]]:
    """Return the words by name; what depends on a number has a form for 1, 2 and 5."""
    return {**_publishers(), **_legend(), **_controls(), **_states(), **_counts()}


def _publishers() -> dict[str, str]:
    names = {
        "carts": (_("Carts"), _("Carts")),
        "orders": (_("Orders"), _("Orders")),
        "notifications": (_("Notifications"), _("Notices")),
        "customers": (_("Customers"), _("People")),
        "support": (_("Support"), _("Support")),
        "visits": (_("Visits"), _("Visits")),
        "stock": (_("Stock"), _("Stock")),
        "announcements": (_("Announcements"), _("To all")),
        "server": (_("Server"), _("Server")),
        "other": (_("Others"), _("Others")),
    }
    found = {key: name for key, (name, _short) in names.items()}
    found |= {f"{key}-short": short for key, (_name, short) in names.items()}
    found["announcements-types"] = _("to everyone")
    found["other-types"] = _("other types")
    found["publisherHint"] = _(
        "A message names no publisher, except in chat: its type shows the part of the shop."
    )
    return found


def _legend() -> dict[str, str]:
    return {
        "legendLabel": _("Kinds of channels, with messages per second; press one to hide it"),
        "user-legend": _("user: what one user receives. Press to hide or show."),
        "order-legend": _("order: updates of one order. Press to hide or show."),
        "tenant-legend": _("tenant: for the shop's staff. Press to hide or show."),
        "public-legend": _("public: for everyone who subscribes. Press to hide or show."),
        "everyone-legend": _("everyone: sent to all connections. Press to hide or show."),
        "monitor-legend": _("monitor: the server's own reports. Press to hide or show."),
        "refused-legend": _("Refused requests turn back. Press to hide or show."),
        "refused": _("refused"),
        "hidden": _("hidden"),
        "deadEnd": _("no subscriber is connected"),
        "name": _("Bold name"),
        "justReceived": _("just received"),
    }


def _controls() -> dict[str, str]:
    return {
        "type": _("Type"),
        "allTypes": _("All types"),
        "focus": _("Focus on"),
        "allSubscribers": _("Everything"),
        "slow": _("Slow"),
        "slowHint": _("A quarter of the speed (S)"),
        "table": _("Table"),
        "tableHint": _("The same as a table (T)"),
        "tableCaption": _("Channels with their messages per second, publishers and subscribers"),
        "channel": _("Channel"),
        "ratePerSecond": _("Messages/s"),
        "publishers": _("Publishers"),
        "channels": _("Channels"),
        "subscribers": _("Subscribers"),
        "recent": _("The latest messages"),
        "only": _("Only {name}"),
        "showAll": _("Show everything"),
        "openExplorer": _("Open in Explorer"),
        "openKind": _("Open all of {kind} in Explorer"),
        "openConnections": _("Open in Connections"),
        "replay": _("Replay (R)"),
        "skip": _("Skip to now"),
        "summary": _("Traffic map. Messages per second: {rates}. {connected}."),
    }


def _states() -> dict[str, str]:
    return {
        "paused": _("Paused"),
        "replaying": _("Replaying"),
        "behind": _("{seconds} s behind"),
        "lost": _("The workbench does not answer"),
        "disconnected": _("The server is disconnected"),
        "stale": _("Trying again; the picture is from before."),
        "quiet": _("Quiet"),
        "quietHint": _("The last message was {type} on {channel}, {seconds} s ago."),
        "empty": _("No messages yet"),
        "emptyHint": _("Each message moves from its publisher to its channel and its subscribers."),
        "noSubscribers": _("no subscribers"),
        "followed": _("with subscribers"),
        "ofOthers": _("of the others"),
        "receivedByName": _("received by {name}"),
        "from": _("from {name}"),
        "connected": _("{count} connected"),
        "connectedOf": _("{count} of {total} connected"),
        "notConnected": _("not connected"),
        "waitingFor": _("Waiting for {name}"),
        "waiting": _("send queue {percent} % full"),
        "leftOut": _("{count}/s not in the sample"),
        "perSecond": _("{rate}/s"),
        "back": _("reconnected"),
        "asked": _("{name}: {code}"),
        "askedFor": _("{name} asked for {channel}: {code}"),
        "event-closed": _("left"),
        "event-evicted": _("evicted"),
        "event-disconnected": _("disconnected"),
        "event-refused": _("refused"),
    }


def _counts() -> dict[str, list[str]]:
    several = PLURAL_SAMPLES
    return {
        "receivedBy": [ngettext("received by {count}", "received by {count}", n) for n in several],
        "ofReceived": [
            ngettext("of {count} received it", "of {count} received it", n) for n in several
        ],
        "subscribersOf": [
            ngettext("{count} subscriber", "{count} subscribers", n) for n in several
        ],
        "moreSubscribers": [ngettext("{count} more", "{count} more", n) for n in several],
        "channelCount": [ngettext("{count} channel", "{count} channels", n) for n in several],
        "subscriptions": [
            ngettext("{count} subscription", "{count} subscriptions", n) for n in several
        ],
        "standsFor": [
            ngettext("stands for {count} message", "stands for {count} messages", n)
            for n in several
        ],
        "dotStandsFor": [ngettext("= {count} message", "= {count} messages", n) for n in several],
        "dotStandsForAbout": [
            ngettext("≈ {count} message", "≈ {count} messages", n) for n in several
        ],
        "missed": [
            ngettext("{count} message passed", "{count} messages passed", n) for n in several
        ],
    }
