"""Ids of messages in URLs."""

import pytest

from dashboard.messages.message_ids import find_message, message_id
from dashboard.state.message_log import CHUNK_SIZE, MessageBuffer


@pytest.fixture
def log():
    buffer = MessageBuffer()
    for second in range(2 * CHUNK_SIZE + 5):
        buffer.append(1000.25 + second, "user:user_1", "cart_update", 1, b"{}")
    return buffer.view()


@pytest.mark.parametrize("seq", [1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE + 5])
def test_a_message_is_found_by_its_id_or_its_number(log, seq):
    found = find_message(str(seq), log)

    assert found.seq == seq
    assert find_message(message_id(found), log) == found


@pytest.mark.parametrize("id", ["", "0", "999999", "7-1", "x", "-7", "9" * 5000, "²"])
def test_nothing_is_found_by_other_ids(log, id):
    assert find_message(id, log) is None


def test_a_number_of_an_earlier_run_is_not_another_message(log):
    assert find_message("7-1700000000000", log) is None


def test_a_saved_message_is_found_by_its_id_whatever_the_order(log):
    first, second = find_message("5", log), find_message("3", log)
    saved = type(log).from_messages((first, second))

    assert find_message(message_id(first), saved) == first
    assert find_message(message_id(second), saved) == second
