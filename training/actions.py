"""Actions of solutions, of a step's setup and of a lesson's buttons.  Pure: data only."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

LEARNER = "you"
"""Name of the actor that every lesson has; the others are in ``Lesson.actors``."""


class TokenKind(StrEnum):
    """Token that a connection is opened with, in its URL."""

    NONE = "none"
    VALID = "valid"
    SHORT_LIVED = "short-lived"  # 60 seconds
    EXPIRED = "expired"
    FORGED = "forged"  # signed with another secret


class _Action(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """Tagged by ``kind``, as in a lesson file."""


class Connect(_Action, frozen=True, tag="connect"):
    """Open the actor's connection, after closing an open one."""

    token: TokenKind = TokenKind.VALID
    by: str = LEARNER


class Disconnect(_Action, frozen=True, tag="disconnect"):
    """Close the actor's connection with 1000."""

    by: str = LEARNER


class Cut(_Action, frozen=True, tag="cut"):
    """Abort the actor's connection without a close frame; its client sees 1006."""

    by: str = LEARNER


class Send(_Action, frozen=True, tag="send"):
    """Send a text frame; it need not be JSON."""

    text: str
    by: str = LEARNER


class Flood(_Action, frozen=True, tag="flood"):
    """Send this many pings at once."""

    count: Annotated[int, Meta(ge=1, le=1000)]
    by: str = LEARNER


class Publish(_Action, frozen=True, tag="publish"):
    """Publish over HTTP as a service; ``body`` is the JSON of ``POST /api/publish``."""

    body: str


class Advance(_Action, frozen=True, tag="advance_order"):
    """Have the shop change the order's status to the next one."""

    order: str = "{order}"


class RunScenario(_Action, frozen=True, tag="start_scenario"):
    """Start a scenario of the shop."""

    name: str


class Choose(_Action, frozen=True, tag="choose"):
    """Answer the step's question."""

    choice: str


class Wait(_Action, frozen=True, tag="wait"):
    """Wait until the step's goal of this number (from 1) is met."""

    goal: Annotated[int, Meta(ge=1)]


Action = Connect | Disconnect | Cut | Send | Flood | Publish | Advance | RunScenario | Choose | Wait
