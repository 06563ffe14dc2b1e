"""The epoch of a channel whose stream has not begun.  Pure.

Nothing is stored for such a channel, as anybody may ask for any.  Its epoch consists of the id
of the data of Redis, which is lost with the data, and of a period, which the scripts make and
check: see `stream_epoch.lua`.
"""

from __future__ import annotations

_SEPARATOR = "-"  # the period starts with it; no other epoch contains it
NEVER_CONTINUED = f"{_SEPARATOR}0"


def is_initial(epoch: str) -> bool:
    """Tell whether an epoch is of a channel whose stream has not begun."""
    return _SEPARATOR in epoch


def data_id_of(epoch: str) -> str:
    """Return the id of the data in an initial epoch; empty in any other epoch."""
    return epoch.rpartition(_SEPARATOR)[0]


def period_part(epoch: str) -> str:
    """Return the period of an initial epoch, as the scripts know it; any other epoch as it is."""
    return epoch.removeprefix(data_id_of(epoch))
