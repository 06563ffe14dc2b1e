"""The Lua scripts of the Redis stores, each of which Redis runs as one atomic step.

`KEYS[1]` of a script about conversations is the prefix of all keys of the store, hash tag
included: such a script builds the names of its keys.
"""

from __future__ import annotations

from importlib.resources import files


def _load(*names: str) -> str:
    return "\n".join((files(__name__) / f"{name}.lua").read_text("utf-8") for name in names)


OPEN_CONVERSATION = _load("append_chat_message", "open_conversation")
ADD_MESSAGE = _load("append_chat_message", "add_chat_message")
LIST_CONVERSATIONS = _load("list_conversations")
PURGE_CONVERSATIONS = _load("purge_conversations")
PURGE_ORDERS = _load("purge_orders")
REVOKE = _load("revoke")
CLAIM_REQUEST = _load("claim_request")
COMPLETE_REQUEST = _load("complete_request")
