"""Conversations, from the socket and from the history."""

import msgspec
import pytest

from dashboard.talks import KEPT, LINES, SIMULATED, Talks
from protocol.codec import iso, write
from protocol.events import Person

NOON = 1_700_000_000.0
OLENA = {"id": "user_1", "name": "Олена"}


def line(n, sender="user_1", words="Добрий день"):
    return {
        "id": f"m_{n}",
        "sender_id": sender,
        "sender_name": sender,
        "content": words,
        "created_at": iso(NOON + n),
    }


def said(n, sender="user_1", conversation="conv_1"):
    payload = {"conversation_id": conversation, "message": line(n, sender)}
    return {"type": "chat_message", "payload": payload}


def listed(*ids, last=None):
    return write(
        {
            "conversations": [
                {"id": id, "customer": OLENA, "agent_id": None, "last_message": last} for id in ids
            ]
        }
    )


@pytest.fixture
def talks():
    return Talks()


def test_are_the_lines_in_the_order_in_which_they_were_said(talks):
    talks.hear(said(2))
    talks.recalled("conv_1", write({"messages": [line(1), line(2)]}))
    talks.hear(said(3, "agent_1"))

    (talk,) = talks.latest_first()
    assert [one.id for one in talk.lines] == ["m_1", "m_2", "m_3"]
    assert talk.lines[0].words == "Добрий день"


def test_are_of_a_customer_once_the_server_has_said_whose(talks):
    talks.hear(said(1))
    assert talks.latest_first()[0].customer is None

    talks.listed(listed("conv_1", last=line(1)))

    (talk,) = talks.latest_first()
    assert (talk.customer, len(talk.lines)) == (Person("user_1", "Олена"), 1)


def test_come_with_the_latest_first(talks):
    talks.hear(said(1, conversation="conv_1"))
    talks.hear(said(2, conversation="conv_2"))
    talks.hear(said(3, conversation="conv_1"))

    assert [talk.id for talk in talks.latest_first()] == ["conv_1", "conv_2"]


def test_are_the_machines_until_a_person_answers(talks):
    talks.listed(listed("conv_1"))
    talks.hear(said(1))
    talks.hear(said(2, SIMULATED))
    assert talks.latest_first()[0].person() is None

    talks.hear(said(3, "agent_1"))
    talks.hear(said(4))

    person = talks.latest_first()[0].person()
    assert person is not None
    assert person.sender_id == "agent_1"


def test_count_what_a_reader_has_not_seen(talks):
    for n, sender in enumerate(("user_1", SIMULATED, "user_1", "user_1")):
        talks.hear(said(n, sender))

    (talk,) = talks.latest_first()

    assert talk.unread("agent_1", since=0.0) == 4
    assert talk.unread("agent_1", since=NOON + 2) == 1
    assert talk.unread("user_1", since=0.0) == 0


def test_count_nothing_before_the_readers_own_last_word(talks):
    for n, sender in enumerate(("user_1", "agent_1", "user_1")):
        talks.hear(said(n, sender))

    assert talks.latest_first()[0].unread("agent_1", since=0.0) == 1


def test_are_bounded(talks):
    for n in range(LINES + 3):
        talks.hear(said(n))
    for n in range(KEPT + 3):
        talks.hear(said(LINES + n, conversation=f"other_{n}"))

    kept = talks.latest_first()
    assert len(kept) == KEPT
    assert {len(talk.lines) for talk in kept} == {1}


def test_keep_the_last_lines_of_a_long_one(talks):
    talks.recalled("conv_1", write({"messages": [line(n) for n in range(LINES + 3)]}))

    (talk,) = talks.latest_first()
    assert (len(talk.lines), talk.lines[0].id) == (LINES, "m_3")


def test_pass_over_other_messages_and_refuse_what_is_none(talks):
    talks.hear({"type": "pong"})
    with pytest.raises(msgspec.ValidationError):
        talks.hear({"type": "chat_message", "payload": {}})
    with pytest.raises(msgspec.DecodeError):
        talks.listed(b"<html>")

    assert talks.latest_first() == ()
