"""Reports of the monitor channel as a busy shop causes them, at any rate.  Pure.

Shaped like the simulated shop: of 20,000 of its messages on ``user:`` and ``order:``, 78 % were for
customers who are not connected.  The same seed gives the same reports.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime

import msgspec
from msgspec import Raw

from protocol.admin_api import ConnectionInfo, ConnectionList
from protocol.codec import format_timestamp
from protocol.monitoring import (
    BusyChannel,
    NodeStats,
    Sample,
    StatsPayload,
    TrafficPayload,
    TrafficTotals,
)

TENANT = "bench"
CUSTOMERS, AWAY = 26, 260  # connected, and not
SAMPLES_PER_SECOND = 500
MAX_BUSY_CHANNELS = 100
_TYPES = (  # kind of channel, type, share of the messages
    ("user", "cart_update", 0.31),
    ("user", "order_update", 0.10),
    ("user", "notification", 0.14),
    ("order", "order_update", 0.10),
    ("tenant", "customer_activity", 0.22),
    ("tenant", "new_order", 0.05),
    ("tenant", "inventory_alert", 0.08),
)
_PAYLOAD = {
    "order_id": "ord_1",
    "status": "paid",
    "previous_status": "pending",
    "updated_at": "2024-01-15T10:30:00Z",
    "note": "x" * 300,
}
NODE = "bench-1"


class ReportGenerator:
    """Makes ``traffic`` payloads, one after the other."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)  # noqa: S311 - not for secrets
        self._owed = 0.0

    def traffic(self, messages_per_second: int, seconds: float, now: float) -> TrafficPayload:
        """Return the report of the last seconds."""
        self._owed += messages_per_second * seconds
        count, self._owed = int(self._owed), self._owed % 1
        samples: list[Sample] = []
        kinds: dict[str, tuple[int, int]] = {}
        channels: Counter[str] = Counter()
        reached_by: Counter[str] = Counter()
        most = round(SAMPLES_PER_SECOND * seconds)
        for number in range(count):
            kind, type_ = self._pick_type()
            channel, reached = self._pick_channel(kind)
            messages, deliveries = kinds.get(kind, (0, 0))
            kinds[kind] = messages + 1, deliveries + reached
            channels[channel] += 1
            reached_by[channel] += reached
            if len(samples) < most:
                # All messages of one step of the simulator have one timestamp.
                at = now - seconds + round(number / count * seconds, 1)
                samples.append(Sample(channel, reached, Raw(_message(type_, at))))
        return TrafficPayload(
            seconds=seconds,
            kinds={kind: TrafficTotals(*totals) for kind, totals in kinds.items()},
            types={},
            busiest=tuple(
                BusyChannel(name, number, reached_by[name], 0, 1)
                for name, number in channels.most_common(MAX_BUSY_CHANNELS)
            ),
            sample=tuple(samples),
            left_out=count - len(samples),
        )

    def _pick_type(self) -> tuple[str, str]:
        dice = self._random.random()
        for kind, type_, share in _TYPES:
            dice -= share
            if dice < 0:
                return kind, type_
        return _TYPES[0][:2]

    def _pick_channel(self, kind: str) -> tuple[str, int]:
        if kind == "tenant":
            return f"tenant:{TENANT}", 2
        is_connected = self._random.random() < 0.22
        number = self._random.randrange(CUSTOMERS) if is_connected else self._away()
        name = f"user:user_{number}" if kind == "user" else f"order:ord_{number}"
        return name, int(is_connected)

    def _away(self) -> int:
        return CUSTOMERS + self._random.randrange(AWAY)


def _message(type_: str, at: float) -> bytes:
    return msgspec.json.encode(
        {"type": type_, "payload": _PAYLOAD, "timestamp": format_timestamp(at)}
    )


def stats() -> StatsPayload:
    """Return the report of an idle node: the rates are those of ``traffic``."""
    node = NodeStats(
        node=NODE,
        uptime_s=60.0,
        connections=CUSTOMERS + 2,
        signed_in=CUSTOMERS + 2,
        subscriptions=3 * CUSTOMERS,
        channels=2 * CUSTOMERS,
        messages_in=0,
        messages_out=0,
        publications=0,
        deliveries=0,
        refusals={},
        closes={},
        evictions=0,
        loop_lag_ms=0.0,
        latency=None,
    )
    return StatsPayload((node,))


def connections(now: float) -> ConnectionList[datetime]:
    """Return who is connected: customers, each with an order, an agent and an administrator."""
    at = datetime.fromtimestamp(now, UTC)

    def connected(user: str, role: str, *channels: str) -> ConnectionInfo[datetime]:
        return ConnectionInfo(f"c_{user}", user, user, role, NODE, at, at, channels, 0, 0)

    customers = [
        connected(
            f"user_{number}",
            "customer",
            f"user:user_{number}",
            f"order:ord_{number}",
            "public:announcements",
        )
        for number in range(CUSTOMERS)
    ]
    staff = [
        connected("agent", "agent", f"tenant:{TENANT}"),
        connected("workbench", "admin", f"tenant:{TENANT}", f"monitor:{TENANT}"),
    ]
    return ConnectionList((*customers, *staff), CUSTOMERS + 2)
