"""The tree of channels."""

from dashboard.state.channels import (
    BUCKET_S,
    COLLAPSED_ROWS,
    EXPANDED_ROWS,
    MAX_CHANNELS,
    ChannelSort,
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


def lines(known, shop, find="", sort=ChannelSort.TOTAL, chosen=""):
    return build_tree(
        known, PerSecondCounters().series(shop.noon), find, sort, chosen, shop.noon + 5
    )


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

    assert names(lines(known, shop))[-2:] == ["*", "*"]


def test_shows_a_few_channels_of_a_kind_until_the_kind_is_selected(shop):
    known = grown(shop, shop.traffic(*[shop.sample(f"order:{n}") for n in range(300)]))

    assert len(lines(known, shop)) == 5 + COLLAPSED_ROWS
    assert len(lines(known, shop, chosen="order:")) == 5 + EXPANDED_ROWS
    assert len(lines(known, shop, chosen="order:17")) == 5 + EXPANDED_ROWS


def test_finds_a_channel_by_any_part_of_its_name_in_any_case(shop):
    known = grown(shop, shop.traffic(shop.sample("order:ord_1"), shop.sample("user:user_1")))

    assert names(lines(known, shop, find="ORD_")) == ["order:", "order:ord_1"]


def test_sorts_within_a_kind(shop):
    known = grown(
        shop,
        shop.traffic(*[shop.sample("user:b")] * 3),
        shop.traffic(shop.sample("user:c"), shop.sample("user:c")),
        shop.traffic(shop.sample("user:a")),
    )

    def order(sort):
        return [branch.name for branch in lines(known, shop, sort=sort) if not branch.kind]

    assert order(ChannelSort.TOTAL) == ["b", "c", "a"]
    assert order(ChannelSort.LATEST) == ["a", "c", "b"]
    assert order(ChannelSort.NAME) == ["a", "b", "c"]


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
