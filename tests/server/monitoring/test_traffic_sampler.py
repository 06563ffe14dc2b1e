"""What the monitor reports: exact counts, a sample of messages, the statistics of nodes."""

import json

import pytest

from protocol.channels import Channel
from protocol.publications import EVERYONE, Publication
from server.monitoring.traffic_sampler import (
    MAX_BUSY_CHANNELS,
    SAMPLE_BYTES,
    SAMPLES_PER_SECOND,
    TrafficSampler,
)

NOTIFICATION = {
    "type": "notification",
    "payload": {"id": "n_1", "title": "Увага", "body": "Знижки"},
}


def publication(to="public:news", tenant="shop", size=2):
    return Publication(
        to=Channel.parse(to) if isinstance(to, str) else to,
        type="notification",
        message=b'"' + b"x" * (size - 2) + b'"',
        tenant=tenant,
        accepted_at=0.0,
    )


@pytest.fixture
def sampler():
    return TrafficSampler()


def reports(sampler, now=1.0):
    publications = sampler.traffic_reports(now, lambda tenant, channel: 7)
    return {p.tenant: json.loads(p.message) for p in publications}


def test_publications_are_counted_by_kind_by_type_and_by_channel(sampler):
    for to, reached in [("public:news", 3), ("user:olena", 1), ("public:news", 2), (EVERYONE, 9)]:
        sampler.record(publication(to, size=10), reached, now=0.0)

    traffic = reports(sampler)["shop"]["payload"]

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


def test_a_report_covers_the_time_since_the_last_one(sampler):
    sampler.record(publication(), 1, now=0.0)

    first, second = reports(sampler, 1.0), reports(sampler, 1.25)

    assert first["shop"]["payload"]["kinds"] != {}
    assert second["shop"]["payload"]["kinds"] == {}
    assert second["shop"]["payload"]["seconds"] == 0.25


def test_each_tenant_has_a_report_of_its_own_traffic(sampler):
    sampler.record(publication(tenant="shop"), 1, now=0.0)
    sampler.record(publication(tenant="books"), 5, now=0.0)

    deliveries = {
        tenant: report["payload"]["kinds"]["public"]["deliveries"]
        for tenant, report in reports(sampler).items()
    }

    assert deliveries == {"shop": 1, "books": 5}


def test_a_tenant_that_is_no_longer_watched_has_no_report(sampler):
    sampler.record(publication(), 1, now=0.0)

    sampler.set_watched_tenants(set(), now=0.5)

    assert reports(sampler) == {}


def test_the_sample_is_complete_up_to_a_limit_and_the_rest_is_counted(sampler):
    for _ in range(SAMPLES_PER_SECOND + 30):
        sampler.record(publication(), 1, now=0.0)

    traffic = reports(sampler)["shop"]["payload"]

    assert len(traffic["sample"]) == SAMPLES_PER_SECOND
    assert traffic["left_out"] == 30
    assert traffic["kinds"]["public"]["messages"] == SAMPLES_PER_SECOND + 30


def test_the_bytes_of_a_sample_are_limited_too(sampler):
    for _ in range(20):
        sampler.record(publication(size=SAMPLE_BYTES // 10), 1, now=0.0)

    traffic = reports(sampler)["shop"]["payload"]

    assert (len(traffic["sample"]), traffic["left_out"]) == (10, 10)


def test_the_list_of_busy_channels_is_bounded_and_starts_with_the_busiest(sampler):
    for number in range(MAX_BUSY_CHANNELS + 20):
        sampler.record(publication(f"order:{number}"), 1, now=0.0)
    sampler.record(publication("order:7"), 1, now=0.0)

    busiest = reports(sampler)["shop"]["payload"]["busiest"]

    assert len(busiest) == MAX_BUSY_CHANNELS
    assert busiest[0]["channel"] == "order:7"


def test_the_monitors_own_messages_are_counted_and_not_sampled(sampler):
    sampler.record(publication("monitor:shop"), 1, now=0.0)

    traffic = reports(sampler)["shop"]["payload"]

    assert traffic["kinds"]["monitor"]["messages"] == 1
    assert (traffic["sample"], traffic["left_out"]) == ([], 0)


async def test_an_admin_gets_a_sample_of_every_message_of_the_tenant(server):
    olena, boss = await server.sign_in("olena"), await server.sign_in("boss", "admin")
    foreign = await server.sign_in("ivan", "admin", tenant_id="books")
    await boss.subscribe("monitor:shop")
    await foreign.subscribe("monitor:books")
    await server.publish(NOTIFICATION | {"user": "olena"})
    chat = await olena.ask("chat_message", {"content": "Hi"})

    sample = []
    while len(sample) < 3:
        sample += (await boss.next_event("traffic"))["payload"]["sample"]
    stats = (await boss.next_event("stats"))["payload"]["nodes"][0]

    assert [(s["channel"], s["message"]["type"], s["reached"]) for s in sample] == [
        ("user:olena", "notification", 1),
        ("user:olena", "chat_message", 0),
        ("tenant:shop", "chat_message", 0),
    ]
    assert sample[0]["message"]["payload"] == NOTIFICATION["payload"]
    assert sample[1]["message"]["payload"] == chat["payload"]
    assert (stats["connections"], stats["signed_in"]) == (2, 2)
    assert stats["latency"]["p99"] >= stats["latency"]["p50"] > 0
    assert (await foreign.next_event("traffic"))["payload"]["sample"] == []
