"""Conditions on what happened in an exercise since the step began: a small tree.  Pure: data only.

``where`` is a JSON path (``$.payload.channel``), a field condition (``channel = order:1``) or a
regular expression of ``common.text_patterns``, on the whole message; several must all hold.
``lacks`` names fields that the message must not have, ``numbers`` fields that must be JSON
numbers, both by their path from the root (``id``, ``payload.channel``).
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from training.actions import LEARNER


class _Condition(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """Tagged by ``kind``, as in a lesson file."""


class Sent(_Condition, frozen=True, kw_only=True, tag="sent"):
    """The actor sent a message; with an empty ``type`` any, also one that is not JSON."""

    type: str = ""
    where: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    by: str = LEARNER


class Received(_Condition, frozen=True, kw_only=True, tag="received"):
    """The actor received a message; with ``replying_to`` it is the reply to such a request.

    A reply to a request without an id is the next reply without one.
    """

    type: str
    where: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    replying_to: Sent | None = None
    by: str = LEARNER


class Connected(_Condition, frozen=True, kw_only=True, tag="connected"):
    """The actor's connection was opened; ``has_token`` tells whether its URL had a token."""

    has_token: bool | None = None
    by: str = LEARNER


class Rejected(_Condition, frozen=True, kw_only=True, tag="rejected"):
    """The handshake was refused with an HTTP status."""

    status: int
    by: str = LEARNER


class Closed(_Condition, frozen=True, kw_only=True, tag="closed"):
    """The actor's connection was closed with this code."""

    code: int
    by: str = LEARNER


class Performed(_Condition, frozen=True, kw_only=True, tag="performed"):
    """An action of this tag was performed: ``advance_order``, ``start_scenario``, ..."""

    action: str


class IsSubscribed(_Condition, frozen=True, kw_only=True, tag="subscribed"):
    """The server says that the actor is subscribed to the channel now."""

    channel: str
    by: str = LEARNER


class ConnectionEnded(_Condition, frozen=True, kw_only=True, tag="connection_ended"):
    """The server's connection log says that some other connection of the tenant was closed."""

    code: int


class Answered(_Condition, frozen=True, tag="answered"):
    """The step's question was answered with the right choice."""


class InOrder(_Condition, frozen=True, tag="in_order"):
    """Each condition is met by something later than what met the one before."""

    conditions: tuple[Condition, ...]


class AllOf(_Condition, frozen=True, tag="all_of"):
    """Every condition is met, in any order."""

    conditions: tuple[Condition, ...]


class AnyOf(_Condition, frozen=True, tag="any_of"):
    """At least one condition is met."""

    conditions: tuple[Condition, ...]


class Count(_Condition, frozen=True, kw_only=True, tag="count"):
    """At least ``least`` messages meet the condition, with different values of ``different``.

    ``different`` is a field's path from the root; with an empty one every message counts.
    """

    condition: Condition
    least: Annotated[int, Meta(ge=1)]
    different: str = ""


class Within(_Condition, frozen=True, kw_only=True, tag="within"):
    """``then`` is met within this many seconds after ``first``, by the server's time stamps."""

    seconds: float
    first: Condition
    then: Condition


class Never(_Condition, frozen=True, kw_only=True, tag="never"):
    """After ``after`` and until ``until`` nothing meets ``condition``; unmet before ``until``."""

    condition: Condition
    after: Condition
    until: Condition


Condition = (
    Sent
    | Received
    | Connected
    | Rejected
    | Closed
    | Performed
    | IsSubscribed
    | ConnectionEnded
    | Answered
    | InOrder
    | AllOf
    | AnyOf
    | Count
    | Within
    | Never
)
