"""Filters and searches of messages."""

import pytest

from common.text_patterns import InvalidPattern, PatternTooSlow
from dashboard.messages.search import MAX_ROWS, MessageFilter, MessageSearch, SearchStopped
from dashboard.state.message_log import CHUNK_SIZE, MessageBuffer


def recorded(*messages):
    recorder = MessageBuffer()
    for channel, type_, text in messages:
        recorder.append(1.0, channel, type_, 1, text.encode())
    return recorder


LOG = recorded(
    ("user:user_1", "cart_update", '{"name":"Кобзар"}'),
    ("user:user_10", "notification", '{"title":"Сплачено"}'),
    ("order:ord_1", "order_update", '{"status":"paid"}'),
    ("*", "notification", '{"title":"Акція"}'),
).view()


def kept(**wanted):
    return [message.channel for message in MessageSearch(MessageFilter(**wanted)).run(LOG).newest]


def test_an_empty_filter_matches_everything_newest_first():
    assert kept() == ["*", "order:ord_1", "user:user_10", "user:user_1"]


@pytest.mark.parametrize(
    ("channel", "channels"),
    [
        ("user:", ["user:user_10", "user:user_1"]),
        ("user:user_1", ["user:user_1"]),
        ("user_1", ["user:user_10", "user:user_1"]),
        ("*", ["*"]),
        ("order:ord_2", []),
    ],
)
def test_filters_by_kind_channel_or_part_of_its_name(channel, channels):
    assert kept(channel=channel) == channels


def test_filters_by_type():
    assert kept(type="notification") == ["*", "user:user_10"]


def test_finds_words_in_any_case_and_script():
    assert kept(text="кОБЗАР") == ["user:user_1"]


def test_finds_words_literally():
    assert kept(text="p.id") == []


def test_finds_by_a_regular_expression_between_slashes():
    assert kept(text="/p.id/") == ["order:ord_1"]
    assert kept(text="/Спла.+но|Кобзар/") == ["user:user_10", "user:user_1"]


def test_finds_a_single_slash_literally():
    assert kept(text="/") == []


def test_reports_what_is_wrong_with_an_expression():
    with pytest.raises(InvalidPattern, match="missing"):
        MessageSearch(MessageFilter(text="/(paid/"))


def test_counts_all_matches_but_returns_a_limited_number():
    log = recorded(*[("user:user_1", "cart_update", "{}")] * 1000).view()

    found = MessageSearch(MessageFilter(channel="user:")).run(log)

    assert (found.total, len(found.newest), found.newest[0].seq) == (1000, MAX_ROWS, 1000)


def test_finds_messages_received_since_the_last_run():
    recorder = recorded(*[("user:user_1", "cart_update", "{}")] * (CHUNK_SIZE + 10))
    search = MessageSearch(MessageFilter(channel="user:"))
    search.run(recorder.view())

    for _ in range(CHUNK_SIZE):
        recorder.append(1.0, "user:user_1", "cart_update", 1, b"{}")

    found = search.run(recorder.view())
    assert (found.total, found.newest[0].seq) == (2 * CHUNK_SIZE + 10, 2 * CHUNK_SIZE + 10)


def test_drops_matches_that_the_log_has_evicted():
    recorder = MessageBuffer(max_messages=2 * CHUNK_SIZE)
    search = MessageSearch(MessageFilter(type="cart_update"))
    for _ in range(10 * CHUNK_SIZE):
        recorder.append(1.0, "user:user_1", "cart_update", 1, b"{}")
        if recorder.view().seq % 100 == 0:
            search.run(recorder.view())

    assert search.run(recorder.view()).total == recorder.view().count


def test_returns_every_match_for_a_download_oldest_first():
    every = MessageSearch(MessageFilter(type="notification")).all_matches(LOG)

    assert [message.seq for message in every] == [2, 4]


def test_finds_by_a_json_path():
    assert kept(text="$.status") == ["order:ord_1"]
    assert kept(text="$[?@ == 'Кобзар']") == ["user:user_1"]


def test_searches_newest_first_until_stopped_and_continues_there():
    log = recorded(*[("user:user_1", "cart_update", "{}")] * (3 * CHUNK_SIZE)).view()
    search = MessageSearch(MessageFilter(type="cart_update"))

    first = search.run(log, should_stop=lambda: True)
    steps = iter([False] * (CHUNK_SIZE + 10))
    then = search.run(log, should_stop=lambda: next(steps, True))

    newest_chunk = 2 * CHUNK_SIZE + 1
    assert (first.total, first.unsearched) == (1, 3 * CHUNK_SIZE - 1)
    assert first.newest[0].seq == newest_chunk
    assert (then.total, then.unsearched) == (CHUNK_SIZE + 11, 2 * CHUNK_SIZE - 11)
    assert then.newest[0].seq == 3 * CHUNK_SIZE
    assert search.run(log).unsearched == 0


def test_a_download_that_takes_too_long_is_stopped():
    with pytest.raises(SearchStopped):
        MessageSearch(MessageFilter(type="notification")).all_matches(LOG, lambda: True)


def test_reports_a_path_that_takes_too_long_on_a_message():
    log = recorded(("user:user_1", "cart_update", f"[{'[0],' * 40_000}0]")).view()

    with pytest.raises(PatternTooSlow):
        MessageSearch(MessageFilter(text="$..[?@.a == 1]")).run(log)


def test_finds_nothing_newer_than_a_paused_view():
    recorder = recorded(*[("user:user_1", "cart_update", "{}")] * 3)
    view = recorder.view()
    recorder.append(1.0, "user:user_1", "cart_update", 1, b"{}")
    search = MessageSearch(MessageFilter(type="cart_update"))
    search.run(recorder.view())

    assert search.run(view).total == 3


MIXED = recorded(
    ("user:user_1", "cart_update", "{}"),
    ("order:ord_1", "order_update", '{"order":{"customer":{"id":"user_1"}}}'),
    ("order:ord_2", "order_update", '{"order":{"customer":{"id":"user_10"}}}'),
)


def test_finds_what_a_user_receives_and_what_names_the_user():
    found = MessageSearch(MessageFilter(user="user_1")).run(MIXED.view())

    assert [message.channel for message in found.newest] == ["order:ord_1", "user:user_1"]


def test_an_order_is_found_by_its_number_in_the_channel_and_in_the_text():
    log = MessageBuffer()
    for id in ("ord_5", "ord_51"):
        log.append(1.0, f"order:{id}", "order_update", 1, f'{{"order_id": "{id}"}}'.encode())

    def found(**wanted):
        result = MessageSearch(MessageFilter(**wanted)).run(log.view())
        return [message.channel for message in result.newest]

    assert found(channel="ORD-5", order_channels=frozenset({"order:ord_5"})) == ["order:ord_5"]
    assert found(text="ORD-5") == []
    assert found(text="ORD-5", order_ids=("ord_5",)) == ["order:ord_5"]
