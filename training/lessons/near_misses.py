"""Near misses of many goals: messages that the server cannot read.  Pure.

The server's own error says what is wrong; these texts lead to it.
"""

from __future__ import annotations

from common.text_markers import N_
from training.conditions import Received
from training.lesson_types import NearMiss

NOT_READABLE = NearMiss(
    Received(
        type="error",
        where=("code = invalid_message", "$[?$.payload.message != '`id` must be a string']"),
    ),
    N_(
        "The server cannot read the message (frame {n}): see the line under the editor. Check the "
        "quotes, the commas and the brackets. There is a comma between two fields, and none after "
        "the last."
    ),
)
NUMBER_AS_ID = NearMiss(
    Received(type="error", where=("$[?$.payload.message == '`id` must be a string']",)),
    N_("The `id` must be a string, so it needs quotes: see frame {n}."),
)
WRONG_VALUE = NearMiss(
    Received(type="error", where=("code = invalid_payload", "message ~ ^Expected")),
    N_("A field has a wrong value: frame {n} names it."),
)
MISSING_FIELD = NearMiss(
    Received(type="error", where=("code = invalid_payload", "message contains missing")),
    N_("A field is missing: frame {n} names it."),
)
UNKNOWN_TYPE = NearMiss(
    Received(type="error", where=("code = unknown_type",)),
    N_("The server does not know this type: see frame {n}. Check how `type` is written."),
)
FORBIDDEN_CHANNEL = NearMiss(
    Received(type="error", where=("code = forbidden",)),
    N_(
        "Frame {n} refuses the channel. It must be exactly `order:{order}`: compare it letter by "
        "letter."
    ),
)
"""Of goals about the learner's own order."""
UNREADABLE = (NOT_READABLE, NUMBER_AS_ID, UNKNOWN_TYPE, WRONG_VALUE)
"""Of any message; goals that name the missing field themselves need no more."""
INCOMPLETE = (*UNREADABLE, MISSING_FIELD)
