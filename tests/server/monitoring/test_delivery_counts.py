"""Publications are joined with the counts of deliveries that other nodes send later."""

from hypothesis import given
from hypothesis import strategies as st

from protocol.channels import Channel
from protocol.publications import Publication, StreamPosition
from server.monitoring.delivery_counts import HOLD_S, LATE_TTL_S, DeliveryAggregator


def publication(offset, to="public:news"):
    return Publication(
        to=Channel.parse(to),
        type="notification",
        message=b"{}",
        tenant="shop",
        accepted_at=0.0,
        position=StreamPosition("epoch", offset),
    )


def test_a_publication_is_held_until_all_nodes_have_sent_their_counts():
    aggregator = DeliveryAggregator()
    aggregator.on_published(publication(1), now=0.0)
    aggregator.on_delivered("shop", "public:news", 1, 2, now=0.1)
    aggregator.on_delivered("shop", "public:news", 1, 3, now=0.2)

    assert aggregator.take_due(HOLD_S - 0.1) == ([], [])
    assert aggregator.take_due(HOLD_S) == ([(publication(1), 5)], [])
    assert aggregator.take_due(HOLD_S + 1) == ([], [])


def test_counts_may_arrive_before_their_publication():
    aggregator = DeliveryAggregator()
    aggregator.on_delivered("shop", "public:news", 1, 2, now=0.0)
    aggregator.on_published(publication(1), now=0.1)

    assert aggregator.take_due(1.0) == ([(publication(1), 2)], [])


def test_a_publication_without_deliveries_is_emitted_too():
    aggregator = DeliveryAggregator()
    aggregator.on_published(publication(1), now=0.0)

    assert aggregator.take_due(1.0) == ([(publication(1), 0)], [])


def test_late_counts_are_emitted_separately():
    aggregator = DeliveryAggregator()
    aggregator.on_published(publication(1), now=0.0)
    aggregator.take_due(1.0)
    aggregator.on_delivered("shop", "public:news", 1, 4, now=2.0)

    assert aggregator.take_due(2.0) == ([], [(publication(1), 4)])
    assert aggregator.take_due(2.0) == ([], [])


def test_publications_and_counts_expire():
    aggregator = DeliveryAggregator()
    aggregator.on_published(publication(1), now=0.0)
    aggregator.on_delivered("shop", "public:other", 7, 1, now=0.0)
    aggregator.take_due(1.0)
    aggregator.take_due(2.0 + LATE_TTL_S)

    aggregator.on_delivered("shop", "public:news", 1, 4, now=3.0 + LATE_TTL_S)
    aggregator.on_published(publication(7, "public:other"), now=3.0 + LATE_TTL_S)
    assert aggregator.take_due(4.0 + LATE_TTL_S) == ([(publication(7, "public:other"), 0)], [])


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("published"), st.integers(1, 5)),
            st.tuples(st.just("reached"), st.integers(1, 5), st.integers(0, 9)),
            st.just(("due",)),
        ),
        unique_by=lambda step: step if step[0] == "published" else object(),
    )
)
def test_each_publication_is_emitted_once_and_each_delivery_is_counted_once(steps):
    aggregator, now = DeliveryAggregator(), 0.0
    published, delivered, emitted, counted = [], 0, [], 0
    for step in steps:
        now += 0.2
        match step:
            case ("published", offset):
                published.append(offset)
                aggregator.on_published(publication(offset), now)
            case ("reached", offset, number):
                if offset in published:
                    delivered += number
                    aggregator.on_delivered("shop", "public:news", offset, number, now)
            case ("due",):
                due, late = aggregator.take_due(now)
                emitted += [each.position.offset for each, _ in due]
                counted += sum(number for _, number in due + late)
    due, late = aggregator.take_due(now + 1)
    emitted += [each.position.offset for each, _ in due]
    counted += sum(number for _, number in due + late)

    assert (emitted, counted) == (published, delivered)
