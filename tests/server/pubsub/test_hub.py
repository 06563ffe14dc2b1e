"""Subscriptions and delivery, without a socket."""

import json

import pytest
from msgspec.structs import replace

from protocol.channels import Channel, ChannelKind
from protocol.publications import EVERYONE, Publication, StreamPosition
from server.monitoring.counters import Counters
from server.pubsub.hub import Hub


class Queue:
    """Stands for a send queue; keeps the frames that it is given."""

    def __init__(self):
        self.frames = []

    socket = None


class Connection:
    """A subscriber that keeps what it is sent."""

    def __init__(self, id, tenant_id="", *, is_staff=True):
        self.id, self.tenant_id, self.send_queue = id, tenant_id, Queue()
        self.is_staff = is_staff

    def send(self, frame):
        self.send_queue.frames.append(frame)

    @property
    def received(self):
        return [frame[2:].decode() for frame in self.send_queue.frames]


NEWS, OWN, STAFF = map(Channel.parse, ("public:news", "user:olena", "tenant:shop"))


@pytest.fixture
def hub():
    def broadcast(recipients, frames):
        for queue in recipients.queues:
            queue.frames.append(frames)

    return Hub(Counters(), broadcast, clock=lambda: 0.0)


def subscribe(hub, *ids, channel=NEWS, tenant_id=""):
    connections = [Connection(id, tenant_id) for id in ids]
    for connection in connections:
        hub.add(connection)
        hub.subscribe(connection, channel)
    return connections


def deliver(hub, *publications):
    """Deliver these; returns the sum of the connections that each was queued for."""
    before = hub._counters.deliveries
    hub.on_publications(publications)
    return hub._counters.deliveries - before


def publication(to, text="hi", **options):
    return Publication(
        to=to, type="notification", message=text.encode(), tenant="shop", accepted_at=0, **options
    )


def test_a_channel_reaches_its_subscribers_only(hub):
    in_channel, elsewhere = subscribe(hub, "a", "b"), subscribe(hub, "c", channel=OWN)

    assert deliver(hub, publication(NEWS)) == 2
    assert [connection.received for connection in in_channel + elsewhere] == [["hi"], ["hi"], []]


def test_a_publication_for_everyone_reaches_every_connection(hub):
    connections = subscribe(hub, "a") + subscribe(hub, "b", channel=OWN)
    anonymous = Connection("c")
    hub.add(anonymous)

    assert deliver(hub, publication(EVERYONE)) == 3
    assert all(connection.received == ["hi"] for connection in [*connections, anonymous])


def test_subscribers_share_the_same_bytes(hub):
    a, b = subscribe(hub, "a", "b")

    deliver(hub, publication(NEWS))

    assert a.send_queue.frames[0] is b.send_queue.frames[0]


def test_only_recoverable_subscribers_get_offsets(hub):
    plain, other = subscribe(hub, "a", "b")
    recoverable, too = subscribe(hub, "c", "d")
    for each in (recoverable, too):
        hub.subscribe(each, NEWS, recoverable=True)

    deliver(hub, publication(NEWS, "{}", position=StreamPosition("e", 7)))

    assert plain.received == other.received == ["{}"]
    assert recoverable.received == ['{,"channel":"public:news","offset":7}']
    assert recoverable.send_queue.frames[0] is too.send_queue.frames[0]
    assert hub.subscription_count == 4


def test_subscribing_plainly_or_unsubscribing_ends_a_recoverable_subscription(hub):
    again, gone = subscribe(hub, "a", "b")
    for each in (again, gone):
        hub.subscribe(each, NEWS, recoverable=True)
    hub.subscribe(again, NEWS)
    hub.unsubscribe(gone, NEWS)

    deliver(hub, publication(NEWS, "{}", position=StreamPosition("e", 7)))

    assert (again.received, gone.received) == (["{}"], [])


def test_a_list_keeps_its_order_and_neighbours_with_the_same_recipients_are_joined(hub):
    (a,) = subscribe(hub, "a")
    hub.subscribe(a, STAFF)
    (b,) = subscribe(hub, "b")
    messages = [(NEWS, "1"), (NEWS, "2"), (STAFF, "3"), (NEWS, "4"), (NEWS, "5")]

    assert deliver(hub, *(publication(to, text) for to, text in messages)) == 9
    assert [frame[2::3] for frame in a.send_queue.frames] == [b"12", b"3", b"45"]
    assert [frame[2::3] for frame in b.send_queue.frames] == [b"12", b"45"]


def test_subscribing_twice_delivers_once(hub):
    (connection,) = subscribe(hub, "a")
    hub.subscribe(connection, NEWS)

    assert deliver(hub, publication(NEWS)) == 1
    assert hub.subscription_count == 1


def test_a_channel_without_subscribers_leaves_no_trace(hub):
    a, b = subscribe(hub, "a", "b")

    hub.unsubscribe(a, NEWS)
    hub.remove(a, [NEWS])
    hub.remove(b, [NEWS])
    hub.remove(b, [NEWS])

    assert (hub.channel_count, hub.subscription_count) == (0, 0)
    assert not hub.connections
    assert deliver(hub, publication(NEWS)) == 0
    assert a.received == b.received == []


def test_a_tenants_publication_stays_within_the_tenant(hub):
    ours = subscribe(hub, "a", channel=OWN, tenant_id="shop")
    theirs = subscribe(hub, "b", channel=OWN, tenant_id="books")
    tenantless = subscribe(hub, "c", channel=OWN)

    assert deliver(hub, publication(OWN, tenant_only=True)) == 1
    assert [connection.received for connection in ours + theirs + tenantless] == [["hi"], [], []]


def test_a_subscriber_of_both_addresses_of_a_message_gets_it_once(hub):
    (both,) = subscribe(hub, "a", channel=OWN)
    hub.subscribe(both, STAFF)
    (staff,) = subscribe(hub, "b", channel=STAFF)
    (sender,) = subscribe(hub, "c", channel=STAFF)

    deliver(hub, publication(OWN, exclude_connection="c"))
    deliver(hub, publication(STAFF, exclude_subscribers_of=OWN, exclude_connection="c"))

    assert [connection.received for connection in (both, staff, sender)] == [["hi"], ["hi"], []]


def test_observers_get_the_number_of_connections_reached(hub):
    seen = []
    hub.observers.append(lambda publication, reached: seen.append((publication.to, reached)))
    subscribe(hub, "a", "b")

    deliver(hub, publication(NEWS))
    deliver(hub, publication(OWN))

    assert seen == [(NEWS, 2), (OWN, 0)]


def test_channel_keys_are_those_of_channels_with_subscribers(hub):
    subscribe(hub, "a", "b")

    assert (hub.channel_keys(ChannelKind.PUBLIC), hub.channel_keys(ChannelKind.ORDER)) == (
        {"news"},
        set(),
    )


def test_an_orders_subscribers_are_those_of_its_tenant(hub):
    ours, theirs = (Channel.parse("order:ord_1", tenant) for tenant in ("shop", "books"))
    (here,), (there,) = (subscribe(hub, each.tenant, channel=each) for each in (ours, theirs))

    assert deliver(hub, publication(ours)) == 1
    assert (len(here.received), len(there.received)) == (1, 0)
    assert set(hub.channels(ChannelKind.ORDER)) == {ours, theirs}


@pytest.mark.parametrize("recoverable", [False, True])
def test_chat_on_a_tenants_channel_is_for_staff_and_everything_else_for_all(hub, recoverable):
    agent, manager = Connection("agent"), Connection("manager", is_staff=False)
    for connection in (agent, manager):
        hub.add(connection)
        hub.subscribe(connection, STAFF, recoverable=recoverable)
    order, chat = publication(STAFF), replace(publication(STAFF), type="chat_message")

    assert deliver(hub, order, chat, order) == 5
    assert [len(each.send_queue.frames) for each in (agent, manager)] == [3, 2]
    assert deliver(hub, chat) == 1


def test_chat_on_a_users_own_channel_is_for_the_user(hub):
    customer = Connection("c", is_staff=False)
    hub.add(customer)
    hub.subscribe(customer, OWN)

    assert deliver(hub, replace(publication(OWN), type="chat_message")) == 1


def test_lost_history_is_reported_to_recoverable_subscribers_only(hub):
    plain, recoverable = subscribe(hub, "a", "b")
    hub.subscribe(recoverable, NEWS, recoverable=True)

    hub.on_history_lost(NEWS, StreamPosition("e", 7))

    (frame,) = recoverable.send_queue.frames
    assert json.loads(frame[frame.index(b"{") :])["payload"] == {
        "channel": "public:news",
        "epoch": "e",
        "offset": 7,
        "recovered": False,
    }
    assert plain.received == []


def test_an_observer_gets_the_publications_of_mirrored_tenants(hub):
    mirrored = []
    hub.mirror_observers.append(mirrored.extend)
    news = publication(NEWS)

    hub.on_mirrored([news])

    assert mirrored == [news]


def test_a_channel_has_subscribers_until_the_last_unsubscribes(hub):
    (connection,) = subscribe(hub, "a")

    assert (hub.has_subscribers(NEWS), hub.has_subscribers(OWN)) == (True, False)
    hub.unsubscribe(connection, NEWS)
    assert not hub.has_subscribers(NEWS)
