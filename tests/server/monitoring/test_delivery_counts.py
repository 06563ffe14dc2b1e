"""What was published is put together with whom it reached, told by others and later."""

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


def test_a_publication_is_held_until_all_have_told_whom_it_reached():
    joining = DeliveryAggregator()
    joining.on_published(publication(1), now=0.0)
    joining.on_delivered("public:news", 1, 2, now=0.1)
    joining.on_delivered("public:news", 1, 3, now=0.2)

    assert joining.take_due(HOLD_S - 0.1) == ([], [])
    assert joining.take_due(HOLD_S) == ([(publication(1), 5)], [])
    assert joining.take_due(HOLD_S + 1) == ([], [])


def test_whom_it_reached_may_be_told_before_it_is_heard():
    joining = DeliveryAggregator()
    joining.on_delivered("public:news", 1, 2, now=0.0)
    joining.on_published(publication(1), now=0.1)

    assert joining.take_due(1.0) == ([(publication(1), 2)], [])


def test_what_nobody_hears_is_passed_on_too():
    joining = DeliveryAggregator()
    joining.on_published(publication(1), now=0.0)

    assert joining.take_due(1.0) == ([(publication(1), 0)], [])


def test_what_is_told_late_is_passed_on_by_itself():
    joining = DeliveryAggregator()
    joining.on_published(publication(1), now=0.0)
    joining.take_due(1.0)
    joining.on_delivered("public:news", 1, 4, now=2.0)

    assert joining.take_due(2.0) == ([], [(publication(1), 4)])
    assert joining.take_due(2.0) == ([], [])


def test_nothing_is_remembered_for_ever():
    joining = DeliveryAggregator()
    joining.on_published(publication(1), now=0.0)
    joining.on_delivered("public:other", 7, 1, now=0.0)
    joining.take_due(1.0)
    joining.take_due(2.0 + LATE_TTL_S)

    joining.on_delivered("public:news", 1, 4, now=3.0 + LATE_TTL_S)
    joining.on_published(publication(7, "public:other"), now=3.0 + LATE_TTL_S)
    assert joining.take_due(4.0 + LATE_TTL_S) == ([(publication(7, "public:other"), 0)], [])


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
def test_each_is_passed_on_once_and_every_socket_is_counted_once(steps):
    joining, now = DeliveryAggregator(), 0.0
    published, told, passed, counted = [], 0, [], 0
    for step in steps:
        now += 0.2
        match step:
            case ("published", offset):
                published.append(offset)
                joining.on_published(publication(offset), now)
            case ("reached", offset, number):
                if offset in published:
                    told += number
                    joining.on_delivered("public:news", offset, number, now)
            case ("due",):
                due, late = joining.take_due(now)
                passed += [each.position.offset for each, _ in due]
                counted += sum(number for _, number in due + late)
    due, late = joining.take_due(now + 1)
    passed += [each.position.offset for each, _ in due]
    counted += sum(number for _, number in due + late)

    assert (passed, counted) == (published, told)
