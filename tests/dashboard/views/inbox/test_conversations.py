"""Conversations, from the socket and from the history."""

import msgspec
import pytest

from dashboard.views.inbox.conversations import (
    MAX_CONVERSATIONS,
    MAX_ENTRIES,
    SIMULATED_AGENT_ID,
    ChatConversations,
)
from protocol.codec import encode_json, format_timestamp
from protocol.event_payloads import CustomerRef

NOON = 1_700_000_000.0
OLENA = {"id": "user_1", "name": "Олена"}


def line(n, sender="user_1", words="Добрий день"):
    return {
        "id": f"m_{n}",
        "sender_id": sender,
        "sender_name": sender,
        "content": words,
        "created_at": format_timestamp(NOON + n),
    }


def said(n, sender="user_1", conversation="conv_1"):
    payload = {"conversation_id": conversation, "message": line(n, sender)}
    return {"type": "chat_message", "payload": payload}


def listed(*ids, last=None):
    return encode_json(
        {
            "conversations": [
                {"id": id, "customer": OLENA, "agent_id": None, "last_message": last} for id in ids
            ]
        }
    )


@pytest.fixture
def talks():
    return ChatConversations()


def test_are_the_lines_in_the_order_in_which_they_were_said(talks):
    talks.on_message(said(2))
    talks.add_history("conv_1", encode_json({"messages": [line(1), line(2)]}))
    talks.on_message(said(3, "agent_1"))

    (talk,) = talks.latest_first()
    assert [one.id for one in talk.entries] == ["m_1", "m_2", "m_3"]
    assert talk.entries[0].text == "Добрий день"


def test_are_of_a_customer_once_the_server_has_said_whose(talks):
    talks.on_message(said(1))
    assert talks.latest_first()[0].customer is None

    talks.add_list(listed("conv_1", last=line(1)))

    (talk,) = talks.latest_first()
    assert (talk.customer, len(talk.entries)) == (CustomerRef("user_1", "Олена"), 1)


def test_come_with_the_latest_first(talks):
    talks.on_message(said(1, conversation="conv_1"))
    talks.on_message(said(2, conversation="conv_2"))
    talks.on_message(said(3, conversation="conv_1"))

    assert [talk.id for talk in talks.latest_first()] == ["conv_1", "conv_2"]


def test_are_the_machines_until_a_person_answers(talks):
    talks.add_list(listed("conv_1"))
    talks.on_message(said(1))
    talks.on_message(said(2, SIMULATED_AGENT_ID))
    assert talks.latest_first()[0].last_human_entry() is None

    talks.on_message(said(3, "agent_1"))
    talks.on_message(said(4))

    person = talks.latest_first()[0].last_human_entry()
    assert person is not None
    assert person.sender_id == "agent_1"


def test_count_what_a_reader_has_not_seen(talks):
    for n, sender in enumerate(("user_1", SIMULATED_AGENT_ID, "user_1", "user_1")):
        talks.on_message(said(n, sender))

    (talk,) = talks.latest_first()

    assert talk.unread_count("agent_1", since=0.0) == 4
    assert talk.unread_count("agent_1", since=NOON + 2) == 1
    assert talk.unread_count("user_1", since=0.0) == 0


def test_count_nothing_before_the_readers_own_last_word(talks):
    for n, sender in enumerate(("user_1", "agent_1", "user_1")):
        talks.on_message(said(n, sender))

    assert talks.latest_first()[0].unread_count("agent_1", since=0.0) == 1


def test_are_bounded(talks):
    for n in range(MAX_ENTRIES + 3):
        talks.on_message(said(n))
    for n in range(MAX_CONVERSATIONS + 3):
        talks.on_message(said(MAX_ENTRIES + n, conversation=f"other_{n}"))

    kept = talks.latest_first()
    assert len(kept) == MAX_CONVERSATIONS
    assert {len(talk.entries) for talk in kept} == {1}


def test_keep_the_last_lines_of_a_long_one(talks):
    talks.add_history(
        "conv_1", encode_json({"messages": [line(n) for n in range(MAX_ENTRIES + 3)]})
    )

    (talk,) = talks.latest_first()
    assert (len(talk.entries), talk.entries[0].id) == (MAX_ENTRIES, "m_3")


def test_pass_over_other_messages_and_refuse_what_is_none(talks):
    talks.on_message({"type": "pong"})
    with pytest.raises(msgspec.ValidationError):
        talks.on_message({"type": "chat_message", "payload": {}})
    with pytest.raises(msgspec.DecodeError):
        talks.add_list(b"<html>")

    assert talks.latest_first() == ()
