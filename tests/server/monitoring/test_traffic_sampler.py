"""What those who watch are told: exact counts, a sample, the server's health."""

import json

from protocol.channels import Channel
from protocol.publications import EVERYONE, Publication
from server.monitoring.traffic_sampler import (
    MAX_BUSY_CHANNELS,
    SAMPLE_BYTES,
    SAMPLES_PER_SECOND,
    TrafficSampler,
)

NOTICE = {"type": "notification", "payload": {"id": "n_1", "title": "Увага", "body": "Знижки"}}


def publication(to="public:news", tenant="shop", size=2):
    return Publication(
        to=Channel.parse(to) if isinstance(to, str) else to,
        type="notification",
        message=b'"' + b"x" * (size - 2) + b'"',
        tenant=tenant,
        accepted_at=0.0,
    )


def watching(*tenants):
    return TrafficSampler(lambda tenant: tenant in tenants)


def reports(monitor, now=1.0):
    return {
        p.tenant: json.loads(p.message)
        for p in monitor.traffic_reports(now, lambda tenant, channel: 7)
    }


def test_everything_is_counted_by_kind_by_type_and_by_channel():
    monitor = watching("shop")
    for to, reached in [("public:news", 3), ("user:olena", 1), ("public:news", 2), (EVERYONE, 9)]:
        monitor.record(publication(to, size=10), reached, now=0.0)

    traffic = reports(monitor)["shop"]["payload"]

    assert traffic["kinds"] == {
        "public": {"messages": 2, "deliveries": 5, "bytes": 20},
        "user": {"messages": 1, "deliveries": 1, "bytes": 10},
        "*": {"messages": 1, "deliveries": 9, "bytes": 10},
    }
    assert traffic["types"] == {"notification": {"messages": 4, "deliveries": 15, "bytes": 40}}
    assert traffic["busiest"][0] == {
        "channel": "public:news", "messages": 2, "deliveries": 5, "bytes": 20, "subscribers": 7,
    }  # fmt: skip
    assert [(s["channel"], s["reached"]) for s in traffic["sample"]] == [
        ("public:news", 3), ("user:olena", 1), ("public:news", 2), ("*", 9),
    ]  # fmt: skip
    assert traffic["left_out"] == 0


def test_a_report_covers_what_came_since_the_last():
    monitor = watching("shop")
    monitor.record(publication(), 1, now=0.0)

    first, second = reports(monitor, 1.0), reports(monitor, 1.25)

    assert first["shop"]["payload"]["kinds"] != {}
    assert second["shop"]["payload"]["kinds"] == {}
    assert second["shop"]["payload"]["seconds"] == 0.25


def test_a_tenants_traffic_is_told_to_its_own_watchers_only():
    monitor = watching("shop", "books")
    monitor.record(publication(tenant="shop"), 1, now=0.0)
    monitor.record(publication(tenant="books"), 5, now=0.0)
    monitor.record(publication(tenant="shoes"), 9, now=0.0)

    told = reports(monitor)

    assert {t: r["payload"]["kinds"]["public"]["deliveries"] for t, r in told.items()} == {
        "shop": 1, "books": 5,
    }  # fmt: skip


def test_who_is_no_longer_watched_costs_nothing():
    monitor = watching("shop")
    monitor.record(publication(), 1, now=0.0)

    monitor.set_watched_tenants(set(), now=0.5)

    assert reports(monitor) == {}


def test_the_sample_is_complete_to_a_point_and_counted_beyond_it():
    monitor = watching("shop")
    for _ in range(SAMPLES_PER_SECOND + 30):
        monitor.record(publication(), 1, now=0.0)

    traffic = reports(monitor)["shop"]["payload"]

    assert len(traffic["sample"]) == SAMPLES_PER_SECOND
    assert traffic["left_out"] == 30
    assert traffic["kinds"]["public"]["messages"] == SAMPLES_PER_SECOND + 30


def test_large_messages_fill_the_sample_sooner():
    monitor = watching("shop")
    for _ in range(20):
        monitor.record(publication(size=SAMPLE_BYTES // 10), 1, now=0.0)

    traffic = reports(monitor)["shop"]["payload"]

    assert (len(traffic["sample"]), traffic["left_out"]) == (10, 10)


def test_the_list_of_busy_channels_is_bounded_and_begins_with_the_busiest():
    monitor = watching("shop")
    for number in range(MAX_BUSY_CHANNELS + 20):
        monitor.record(publication(f"order:{number}"), 1, now=0.0)
    monitor.record(publication("order:7"), 1, now=0.0)

    busiest = reports(monitor)["shop"]["payload"]["busiest"]

    assert len(busiest) == MAX_BUSY_CHANNELS
    assert busiest[0]["channel"] == "order:7"


def test_the_monitors_own_messages_are_counted_and_not_sampled():
    monitor = watching("shop")
    monitor.record(publication("monitor:shop"), 1, now=0.0)

    traffic = reports(monitor)["shop"]["payload"]

    assert traffic["kinds"]["monitor"]["messages"] == 1
    assert (traffic["sample"], traffic["left_out"]) == ([], 0)


async def test_an_admin_who_watches_sees_every_message_of_the_tenant(server):
    olena, boss = await server.sign_in("olena"), await server.sign_in("boss", "admin")
    foreign = await server.sign_in("ivan", "admin", tenant_id="books")
    await boss.subscribe("monitor:shop")
    await foreign.subscribe("monitor:books")
    await server.publish(NOTICE | {"user": "olena"})
    chat = await olena.ask("chat_message", {"content": "Hi"})

    seen = []
    while len(seen) < 3:
        seen += (await boss.hear("traffic"))["payload"]["sample"]
    stats = (await boss.hear("stats"))["payload"]["nodes"][0]

    assert [(s["channel"], s["message"]["type"], s["reached"]) for s in seen] == [
        ("user:olena", "notification", 1),
        ("user:olena", "chat_message", 0),
        ("tenant:shop", "chat_message", 0),
    ]
    assert seen[0]["message"]["payload"] == NOTICE["payload"]
    assert seen[1]["message"]["payload"] == chat["payload"]
    assert (stats["connections"], stats["signed_in"]) == (3, 3)
    assert stats["latency"]["p99"] >= stats["latency"]["p50"] > 0
    assert (await foreign.hear("traffic"))["payload"]["sample"] == []
