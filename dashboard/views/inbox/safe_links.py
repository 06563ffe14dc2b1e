"""Check that a notification's link stays on this site.  Pure."""

from __future__ import annotations

import re

_ORDER_PATH = re.compile(r"/orders/([A-Za-z0-9_.-]{1,122})/?", re.ASCII)
_INTERNAL_PATH = re.compile(r"/(?![/\\])[A-Za-z0-9_.~/%-]*(\?[A-Za-z0-9_.~/%=&-]*)?", re.ASCII)


def order_id_in(action_url: str) -> str | None:
    """Return the id of the order that the address of a page of ours is about, if it is one."""
    found = _ORDER_PATH.fullmatch(action_url)
    return found[1] if found else None


def is_internal(action_url: str) -> bool:
    r"""Tell whether an address stays on the shop's site: a plain path, with no host to go to.

    ``//host``, ``/\host`` and everything with a scheme lead off it.
    """
    return bool(_INTERNAL_PATH.fullmatch(action_url))
