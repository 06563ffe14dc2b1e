"""What a tenant's admin may know of a node: its load, but no other tenant's counts.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec.structs import replace

from protocol.monitoring import NodeStats
from server.monitoring.counters import TenantCounts


def without_other_tenants(
    total: NodeStats, by_tenant: Mapping[str, TenantCounts], tenant_id: str
) -> NodeStats:
    """Return the statistics of a node less what belongs to other tenants.

    What belongs to no tenant stays, so for the only tenant of a node nothing changes.
    """
    others = [counts for tenant, counts in by_tenant.items() if tenant not in ("", tenant_id)]
    if not others:
        return total
    connected = sum(each.connected for each in others)
    left = sum(each.left for each in others)
    return replace(
        total,
        connections=total.connections - (connected - left),
        signed_in=max(0, total.signed_in - (connected - left)),
        messages_in=total.messages_in - sum(each.messages_in for each in others),
        messages_out=total.messages_out - sum(each.messages_out for each in others),
        publications=total.publications - sum(each.publications for each in others),
        deliveries=total.deliveries - sum(each.deliveries for each in others),
        refusals=_less(total.refusals, [each.refusals for each in others]),
        closes=_less(total.closes, [each.closes for each in others]),
        evictions=total.evictions - sum(each.evictions for each in others),
        connections_low=None,  # known for all connections together only
        connections_high=None,
        connected=total.connected - connected,
        left=total.left - left,
    )


def load_only(total: NodeStats) -> NodeStats:
    """Return the load of another node whose counts of a tenant are not known."""
    return NodeStats(
        node=total.node,
        uptime_s=total.uptime_s,
        connections=0,
        signed_in=0,
        subscriptions=total.subscriptions,
        channels=total.channels,
        messages_in=0,
        messages_out=0,
        publications=0,
        deliveries=0,
        refusals={},
        closes={},
        evictions=0,
        loop_lag_ms=total.loop_lag_ms,
        latency=total.latency,
        queue_limit_bytes=total.queue_limit_bytes,
    )


def _less(total: Mapping[str, int], parts: list[Counter[str]]) -> dict[str, int]:
    rest = Counter(total)
    for part in parts:
        rest.subtract(part)
    return {key: number for key, number in rest.items() if number > 0}
