"""Who hears what, without a socket."""

import pytest

from protocol.channels import Channel, ChannelKind
from protocol.publications import EVERYONE, Publication, StreamPosition
from server.monitoring.counters import Counters
from server.pubsub.hub import Hub


class Box:
    def __init__(self):
        self.frames = []

    def push(self, frame):
        self.frames.append(frame)

    write_now = push


class Listener:
    def __init__(self, id, tenant_id=""):
        self.id, self.tenant_id, self.send_queue = id, tenant_id, Box()

    @property
    def heard(self):
        return [frame[2:].decode() for frame in self.send_queue.frames]


NEWS, OWN, STAFF = map(Channel.parse, ("public:news", "user:olena", "tenant:shop"))


@pytest.fixture
def hub():
    return Hub(Counters(), lambda crowd, piece: [outbox.push(piece) for outbox in crowd])


def join(hub, *ids, channel=NEWS, tenant_id=""):
    listeners = [Listener(id, tenant_id) for id in ids]
    for listener in listeners:
        hub.add(listener)
        hub.subscribe(listener, channel)
    return listeners


def deliver(hub, *publications):
    """Deliver these; returns for how many sockets they were queued, summed."""
    before = hub._counters.deliveries
    hub.deliver(publications)
    return hub._counters.deliveries - before


def publication(to, text="hi", **options):
    return Publication(
        to=to, type="notification", message=text.encode(), tenant="shop", accepted_at=0, **options
    )


def test_a_channel_reaches_its_listeners_and_nobody_else(hub):
    in_channel, elsewhere = join(hub, "a", "b"), join(hub, "c", channel=OWN)

    assert deliver(hub, publication(NEWS)) == 2
    assert [listener.heard for listener in in_channel + elsewhere] == [["hi"], ["hi"], []]


def test_everyone_is_everyone(hub):
    listeners = join(hub, "a") + join(hub, "b", channel=OWN)
    visitor = Listener("c")
    hub.add(visitor)

    assert deliver(hub, publication(EVERYONE)) == 3
    assert all(listener.heard == ["hi"] for listener in [*listeners, visitor])


def test_all_get_the_same_bytes(hub):
    a, b = join(hub, "a", "b")

    deliver(hub, publication(NEWS))

    assert a.send_queue.frames[0] is b.send_queue.frames[0]


def test_a_recoverable_listener_gets_the_place_and_the_others_do_not(hub):
    plain, other = join(hub, "a", "b")
    recoverable, too = join(hub, "c", "d")
    for each in (recoverable, too):
        hub.subscribe(each, NEWS, recoverable=True)

    deliver(hub, publication(NEWS, "{}", position=StreamPosition("e", 7)))

    assert plain.heard == other.heard == ["{}"]
    assert recoverable.heard == ['{,"channel":"public:news","offset":7}']
    assert recoverable.send_queue.frames[0] is too.send_queue.frames[0]
    assert hub.subscription_count == 4


def test_who_joins_or_leaves_plainly_is_no_longer_recoverable(hub):
    again, gone = join(hub, "a", "b")
    for each in (again, gone):
        hub.subscribe(each, NEWS, recoverable=True)
    hub.subscribe(again, NEWS)
    hub.unsubscribe(gone, NEWS)

    deliver(hub, publication(NEWS, "{}", position=StreamPosition("e", 7)))

    assert (again.heard, gone.heard) == (["{}"], [])


def test_a_list_keeps_its_order_and_what_is_for_the_same_ears_is_one_piece(hub):
    (a,) = join(hub, "a")
    hub.subscribe(a, STAFF)
    (b,) = join(hub, "b")
    said = [(NEWS, "1"), (NEWS, "2"), (STAFF, "3"), (NEWS, "4"), (NEWS, "5")]

    assert deliver(hub, *(publication(to, text) for to, text in said)) == 9
    assert [frame[2::3] for frame in a.send_queue.frames] == [b"12", b"3", b"45"]
    assert [frame[2::3] for frame in b.send_queue.frames] == [b"12", b"45"]


def test_joining_twice_is_once(hub):
    (listener,) = join(hub, "a")
    hub.subscribe(listener, NEWS)

    assert deliver(hub, publication(NEWS)) == 1
    assert hub.subscription_count == 1


def test_what_nobody_hears_leaves_no_trace(hub):
    a, b = join(hub, "a", "b")

    hub.unsubscribe(a, NEWS)
    hub.remove(a, [NEWS])
    hub.remove(b, [NEWS])
    hub.remove(b, [NEWS])

    assert (hub.channel_count, hub.subscription_count) == (0, 0)
    assert not hub.connections
    assert deliver(hub, publication(NEWS)) == 0
    assert a.heard == b.heard == []


def test_a_tenants_publication_stays_within_the_tenant(hub):
    ours = join(hub, "a", channel=OWN, tenant_id="shop")
    theirs = join(hub, "b", channel=OWN, tenant_id="books")
    nobodys = join(hub, "c", channel=OWN)

    assert deliver(hub, publication(OWN, tenant_only=True)) == 1
    assert [listener.heard for listener in ours + theirs + nobodys] == [["hi"], [], []]


def test_who_hears_two_addresses_of_one_message_gets_it_once(hub):
    (both,) = join(hub, "a", channel=OWN)
    hub.subscribe(both, STAFF)
    (staff,) = join(hub, "b", channel=STAFF)
    (sender,) = join(hub, "c", channel=STAFF)

    deliver(hub, publication(OWN, exclude_connection="c"))
    deliver(hub, publication(STAFF, exclude_subscribers_of=OWN, exclude_connection="c"))

    assert [listener.heard for listener in (both, staff, sender)] == [["hi"], ["hi"], []]


def test_observers_are_told_how_many_it_reached(hub):
    seen = []
    hub.observers.append(lambda publication, reached: seen.append((publication.to, reached)))
    join(hub, "a", "b")

    deliver(hub, publication(NEWS))
    deliver(hub, publication(OWN))

    assert seen == [(NEWS, 2), (OWN, 0)]


def test_the_keys_of_a_kind_are_those_of_channels_with_listeners(hub):
    join(hub, "a", "b")

    assert (hub.channel_keys(ChannelKind.PUBLIC), hub.channel_keys(ChannelKind.ORDER)) == (
        {"news"},
        set(),
    )
