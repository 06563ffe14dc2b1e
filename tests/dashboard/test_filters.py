"""Filtering messages."""

import pytest

from dashboard.filters import SHOWN, Filter, Search
from dashboard.history import CHUNK, Recorder
from dashboard.patterns import BadPattern


def recorded(*messages):
    recorder = Recorder()
    for channel, type_, text in messages:
        recorder.append(1.0, channel, type_, 1, text.encode())
    return recorder


LOG = recorded(
    ("user:user_1", "cart_update", '{"name":"Кобзар"}'),
    ("user:user_10", "notification", '{"title":"Сплачено"}'),
    ("order:ord_1", "order_update", '{"status":"paid"}'),
    ("*", "notification", '{"title":"Акція"}'),
).moment()


def kept(**wanted):
    return [message.channel for message in Search(Filter(**wanted)).found(LOG).newest]


def test_keeps_everything_when_nothing_is_asked_newest_first():
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
def test_takes_a_kind_a_channel_or_a_part_of_its_name(channel, channels):
    assert kept(channel=channel) == channels


def test_takes_a_type():
    assert kept(type="notification") == ["*", "user:user_10"]


def test_looks_for_words_in_any_case_and_script():
    assert kept(text="кОБЗАР") == ["user:user_1"]


def test_takes_words_literally():
    assert kept(text="p.id") == []


def test_takes_a_regular_expression_between_slashes():
    assert kept(text="/p.id/") == ["order:ord_1"]
    assert kept(text="/Спла.+но|Кобзар/") == ["user:user_10", "user:user_1"]


def test_takes_a_lone_slash_as_a_word():
    assert kept(text="/") == []


def test_says_what_is_wrong_with_an_expression():
    with pytest.raises(BadPattern, match="missing"):
        Search(Filter(text="/(paid/"))


def test_counts_all_but_shows_a_screenful():
    log = recorded(*[("user:user_1", "cart_update", "{}")] * 1000).moment()

    found = Search(Filter(channel="user:")).found(log)

    assert (found.total, len(found.newest), found.newest[0].seq) == (1000, SHOWN, 1000)


def test_finds_what_came_since_the_last_look():
    recorder = recorded(*[("user:user_1", "cart_update", "{}")] * (CHUNK + 10))
    search = Search(Filter(channel="user:"))
    search.found(recorder.moment())

    for _ in range(CHUNK):
        recorder.append(1.0, "user:user_1", "cart_update", 1, b"{}")

    found = search.found(recorder.moment())
    assert (found.total, found.newest[0].seq) == (2 * CHUNK + 10, 2 * CHUNK + 10)


def test_forgets_what_the_history_has_forgotten():
    recorder = Recorder(messages=2 * CHUNK)
    search = Search(Filter(type="cart_update"))
    for _ in range(10 * CHUNK):
        recorder.append(1.0, "user:user_1", "cart_update", 1, b"{}")
        if recorder.moment().seq % 100 == 0:
            search.found(recorder.moment())

    assert search.found(recorder.moment()).total == recorder.moment().kept


def test_hands_out_every_match_for_the_download_oldest_first():
    every = Search(Filter(type="notification")).every(LOG)

    assert [message.seq for message in every] == [2, 4]


def test_takes_a_json_path():
    assert kept(text="$.status") == ["order:ord_1"]
    assert kept(text="$[?@ == 'Кобзар']") == ["user:user_1"]


def test_looks_through_the_newest_first_until_it_is_enough_and_goes_on_there():
    log = recorded(*[("user:user_1", "cart_update", "{}")] * (3 * CHUNK)).moment()
    search = Search(Filter(type="cart_update"))

    first = search.found(log, is_enough=lambda: True)
    then = search.found(log, is_enough=iter([False, True]).__next__)

    assert (first.total, first.ahead, first.newest[0].seq) == (CHUNK, 2 * CHUNK, 3 * CHUNK)
    assert (then.total, then.ahead) == (2 * CHUNK, CHUNK)
    assert search.found(log).ahead == 0


def test_shows_a_held_moment_no_more_than_there_was():
    recorder = recorded(*[("user:user_1", "cart_update", "{}")] * 3)
    held = recorder.moment()
    recorder.append(1.0, "user:user_1", "cart_update", 1, b"{}")
    search = Search(Filter(type="cart_update"))
    search.found(recorder.moment())

    assert search.found(held).total == 3
