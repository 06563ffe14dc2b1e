"""The tree of channels."""

from dashboard.state.channels import (
    BUCKET_S,
    MAX_CHANNELS,
    TOP_CHANNELS,
    ChannelActivity,
    ChannelSort,
    TreeRowRole,
    TreeView,
    add_report,
    build_tree,
    kind_of,
)
from dashboard.state.time_series import PerSecondCounters


def grown(shop, *reports):
    known = {}
    for n, report in enumerate(reports):
        add_report(known, report, shop.noon + n)
    return known


def lines(known, shop, sort=ChannelSort.TOTAL, **view):
    series = PerSecondCounters().series(shop.noon)
    return build_tree(known, series, TreeView(sort=sort, **view), shop.noon + 5)


def names(branches):
    return [branch.filter_value for branch in branches]


def test_counts_busy_channels_exactly_and_others_from_the_sample(shop):
    report = shop.traffic(
        *[shop.sample("user:user_1")] * 2,
        *[shop.sample("user:user_2")] * 3,
        busiest=(shop.busy("user:user_1", messages=50),),
        left_out=48,
    )

    known = grown(shop, report, report)

    assert known["user:user_1"].total == 100
    assert known["user:user_2"].total == 6


def test_keeps_the_subscribers_of_a_channel_that_was_busy_once(shop):
    busy = shop.traffic(busiest=(shop.busy("user:user_1", 1, subscribers=4),))
    quiet = shop.traffic(shop.sample("user:user_1"), shop.sample("user:user_2"))

    known = grown(shop, busy, quiet)

    assert known["user:user_1"].subscribers == 4
    assert known["user:user_2"].subscribers is None


def test_computes_the_current_rate_of_a_channel(shop):
    report = shop.traffic(*[shop.sample("user:user_1")] * 10)
    activity = grown(shop, report)["user:user_1"]

    assert activity.rate(shop.noon + BUCKET_S) == 1.0
    assert activity.rate(shop.noon + 60) == 0.0
    assert activity.trend(shop.noon + BUCKET_S)[-1] == 10 / BUCKET_S


def test_drops_the_channel_that_was_inactive_longest(shop):
    many = [shop.sample(f"order:{n}") for n in range(MAX_CHANNELS)]
    again = shop.traffic(shop.sample("order:0"), shop.sample("order:new"))

    known = grown(shop, shop.traffic(*many), again)

    assert len(known) == MAX_CHANNELS
    assert "order:0" in known
    assert "order:1" not in known


def test_shows_every_kind_even_before_it_has_a_channel(shop):
    assert names(lines({}, shop)) == ["user:", "order:", "tenant:", "public:", "monitor:"]


def test_shows_everyone_only_after_a_message_to_everyone(shop):
    known = grown(shop, shop.traffic(shop.sample("*"), kinds={"*": 1}))

    assert names(lines(known, shop))[:2] == ["*", "*"]


def of_kind(rows, kind):
    return [(row.role, row.name) for row in rows if row.kind == kind]


def test_shows_the_top_channels_of_a_kind_and_how_many_more_there_are(shop):
    known = grown(shop, shop.traffic(*[shop.sample(f"order:{n:03}") for n in range(120)]))

    rows = lines(known, shop)

    assert [row.name for row in rows if row.role == TreeRowRole.CHANNEL] == [
        f"{n:03}" for n in range(TOP_CHANNELS)
    ]
    (more,) = (row for row in rows if row.role == TreeRowRole.MORE)
    assert (more.kind, more.channel_count) == ("order", 120)
    assert not more.is_full


def test_shows_all_channels_of_a_kind_on_request(shop):
    known = grown(shop, shop.traffic(*[shop.sample(f"order:{n:03}") for n in range(120)]))

    rows = lines(known, shop, full=frozenset({"order"}))

    assert sum(row.role == TreeRowRole.CHANNEL for row in rows) == 120
    assert [row.is_full for row in rows if row.role == TreeRowRole.MORE] == [True]


def test_always_shows_the_selected_channel(shop):
    known = grown(shop, shop.traffic(*[shop.sample(f"order:{n:03}") for n in range(120)]))

    assert "order:117" in names(lines(known, shop, selected="order:117"))


def test_a_closed_kind_shows_its_totals_only(shop):
    known = grown(shop, shop.traffic(*[shop.sample(f"order:{n}") for n in range(9)]))

    rows = lines(known, shop, closed=frozenset({"order"}))

    assert of_kind(rows, "order") == [(TreeRowRole.KIND, "")]
    assert rows[0].total == 9


def test_a_search_opens_closed_kinds(shop):
    known = grown(shop, shop.traffic(shop.sample("order:ord_1"), shop.sample("user:user_1")))

    rows = lines(known, shop, search="ORD_", closed=frozenset({"order"}))

    assert names(rows) == ["order:", "order:ord_1"]


def test_pinned_channels_come_first_even_when_nothing_was_published_on_them(shop):
    known = grown(shop, shop.traffic(shop.sample("order:ord_1")))

    first, second, *_ = lines(known, shop, pinned=("order:ord_1", "user:user_7"))

    assert (first.role, first.filter_value, first.total) == ("pinned", "order:ord_1", 1)
    assert (second.role, second.filter_value, second.total) == ("pinned", "user:user_7", 0)


def test_every_row_has_an_id_of_its_own(shop):
    known = grown(shop, shop.traffic(*[shop.sample(f"order:{n}") for n in range(9)]))

    ids = [row.id for row in lines(known, shop, pinned=("order:1",))]

    assert len(set(ids)) == len(ids)


def test_leaves_out_the_monitor_on_request(shop):
    assert "monitor:" not in names(lines({}, shop, with_monitor=False))


def test_sorts_within_a_kind(shop):
    known = grown(
        shop,
        shop.traffic(*[shop.sample("user:b")] * 3),
        shop.traffic(shop.sample("user:c"), shop.sample("user:c", shop.message(text="long" * 99))),
        shop.traffic(shop.sample("user:a")),
    )

    def order(sort):
        rows = lines(known, shop, sort=sort)
        return [row.name for row in rows if row.role == TreeRowRole.CHANNEL]

    assert order(ChannelSort.TOTAL) == ["b", "c", "a"]
    assert order(ChannelSort.LATEST) == ["a", "c", "b"]
    assert order(ChannelSort.NAME) == ["a", "b", "c"]
    assert order(ChannelSort.SIZE) == ["c", "b", "a"]


def test_sorts_by_subscribers_where_they_are_known(shop):
    known = {
        name: ChannelActivity(name, "user", subscribers=count)
        for name, count in (("user:a", 1), ("user:b", 3), ("user:c", None))
    }

    rows = lines(known, shop, sort=ChannelSort.SUBSCRIBERS)

    assert [row.name for row in rows if row.role == TreeRowRole.CHANNEL] == ["b", "a", "c"]


def test_sorted_by_rate_channels_that_became_quiet_are_last(shop):
    known = {}
    add_report(known, shop.traffic(*[shop.sample("user:dead")] * 50), shop.noon - 60)
    add_report(known, shop.traffic(shop.sample("user:slow")), shop.noon)
    add_report(known, shop.traffic(*[shop.sample("user:fast")] * 2), shop.noon)

    rows = lines(known, shop, sort=ChannelSort.RATE)

    channels = [row.name for row in rows if row.role == TreeRowRole.CHANNEL]
    assert channels == ["fast", "slow", "dead"]


def test_a_rate_changes_once_in_five_seconds(shop):
    known = grown(shop, shop.traffic(shop.sample("user:a")))
    at = shop.noon + BUCKET_S
    rates = {known["user:a"].rate(at + second) for second in range(BUCKET_S)}

    assert len(rates) == 1


def test_counts_the_bytes_of_messages(shop):
    known = grown(
        shop, shop.traffic(shop.sample("user:a", b"{}"), busiest=(shop.busy("user:b", 3),))
    )

    assert (known["user:a"].bytes, known["user:b"].bytes) == (2, 100)


def test_the_row_of_a_kind_sums_its_channels(shop):
    known = grown(
        shop, shop.traffic(busiest=(shop.busy("user:a", 3, 2), shop.busy("user:b", 4, 1)))
    )

    user = lines(known, shop)[0]

    assert (user.kind, user.total, user.subscribers) == ("user", 7, 3)
    assert user.channel_count == 2


def test_the_kind_of_a_star_is_everyone():
    assert kind_of("*") == "everyone"
    assert kind_of("order:ord_1") == "order"


def busy(shop):
    """Channels of three kinds: an order has most messages, then a tenant, then a user."""
    known = {}
    counts = {"user:a": 1, "order:b": 5, "tenant:c": 2, "user:d": 2}
    for name, count in counts.items():
        add_report(known, shop.traffic(*[shop.sample(name)] * count), shop.noon)
    return known


def test_kinds_are_sorted_as_their_channels(shop):
    def kinds(sort):
        rows = lines(busy(shop), shop, sort=sort, with_monitor=False)
        return [row.filter_value for row in rows if row.role == TreeRowRole.KIND]

    assert kinds(ChannelSort.RATE) == ["order:", "user:", "tenant:", "public:"]
    assert kinds(ChannelSort.NAME) == ["order:", "public:", "tenant:", "user:"]


def test_a_flat_list_has_the_busiest_channel_first_whatever_its_kind(shop):
    rows = lines(busy(shop), shop, is_flat=True, sort=ChannelSort.NAME, pinned=("user:a",))

    assert names(rows) == ["user:a", "order:b", "tenant:c", "user:d", "user:a"]
    assert [row.role for row in rows] == ["pinned", *["listed"] * 4]


def test_a_flat_list_leaves_out_what_the_tree_leaves_out(shop):
    known = busy(shop)
    add_report(known, shop.traffic(shop.sample("monitor:traffic")), shop.noon)

    rows = lines(known, shop, is_flat=True, with_monitor=False, search="c")

    assert names(rows) == ["tenant:c"]


def test_a_kind_has_the_rate_of_the_channels_that_a_search_finds(shop):
    user = next(row for row in lines(busy(shop), shop, search="d") if row.kind == "user")

    assert (user.channel_count, user.total, user.rate) == (1, 2, 0.2)
    assert sum(user.trend) * BUCKET_S == 2


def test_a_search_also_finds_the_channels_that_it_names_otherwise(shop):
    rows = lines(busy(shop), shop, search="ORD-1", named=frozenset({"order:b"}))

    assert names(rows) == ["order:", "order:b"]
