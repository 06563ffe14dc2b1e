"""Conversations, from the socket and from the history."""

import msgspec
import pytest

from dashboard.views.inbox.conversations import (
    MAX_CONVERSATIONS,
    MAX_ENTRIES,
    SIMULATED_AGENT_ID,
    ChatConversation,
    ChatConversations,
    active_since,
    choose_shown,
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


def message(n, sender="user_1", conversation="conv_1"):
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
def conversations():
    return ChatConversations()


def test_keep_their_messages_in_the_order_sent(conversations):
    conversations.on_message(message(2))
    (conversation,) = conversations.latest_first()
    conversations.add_history(conversation, encode_json({"messages": [line(1), line(2)]}))
    conversations.on_message(message(3, "agent_1"))

    (conversation,) = conversations.latest_first()
    assert [one.id for one in conversation.entries] == ["m_1", "m_2", "m_3"]
    assert conversation.entries[0].text == "Добрий день"


def test_have_a_customer_once_the_list_names_one(conversations):
    conversations.on_message(message(1))
    assert conversations.latest_first()[0].customer is None

    conversations.add_list(listed("conv_1", last=line(1)))

    (conversation,) = conversations.latest_first()
    assert (conversation.customer, len(conversation.entries)) == (CustomerRef("user_1", "Олена"), 1)


def test_are_listed_latest_first(conversations):
    conversations.on_message(message(1, conversation="conv_1"))
    conversations.on_message(message(2, conversation="conv_2"))
    conversations.on_message(message(3, conversation="conv_1"))

    assert [conversation.id for conversation in conversations.latest_first()] == [
        "conv_1",
        "conv_2",
    ]


def test_have_no_human_agent_until_one_replies(conversations):
    conversations.add_list(listed("conv_1"))
    conversations.on_message(message(1))
    conversations.on_message(message(2, SIMULATED_AGENT_ID))
    assert conversations.latest_first()[0].last_human_entry() is None

    conversations.on_message(message(3, "agent_1"))
    conversations.on_message(message(4))

    person = conversations.latest_first()[0].last_human_entry()
    assert person is not None
    assert person.sender_id == "agent_1"


def test_count_unread_messages(conversations):
    for n, sender in enumerate(("user_1", SIMULATED_AGENT_ID, "user_1", "user_1")):
        conversations.on_message(message(n, sender))

    (conversation,) = conversations.latest_first()

    assert conversation.unread_count("agent_1", since=0.0) == 4
    assert conversation.unread_count("agent_1", since=NOON + 2) == 1
    assert conversation.unread_count("user_1", since=0.0) == 0


def test_count_nothing_before_the_users_own_last_message(conversations):
    for n, sender in enumerate(("user_1", "agent_1", "user_1")):
        conversations.on_message(message(n, sender))

    assert conversations.latest_first()[0].unread_count("agent_1", since=0.0) == 1


def test_are_bounded(conversations):
    for n in range(MAX_ENTRIES + 3):
        conversations.on_message(message(n))
    for n in range(MAX_CONVERSATIONS + 3):
        conversations.on_message(message(MAX_ENTRIES + n, conversation=f"other_{n}"))

    kept = conversations.latest_first()
    assert len(kept) == MAX_CONVERSATIONS
    assert {len(conversation.entries) for conversation in kept} == {1}


def test_keep_the_last_messages_of_a_long_one(conversations):
    history = encode_json({"messages": [line(n) for n in range(MAX_ENTRIES + 3)]})
    conversations.add_history(ChatConversation("conv_1"), history)

    (conversation,) = conversations.latest_first()
    assert (len(conversation.entries), conversation.entries[0].id) == (MAX_ENTRIES, "m_3")


def test_the_history_of_an_evicted_conversation_is_returned_though_it_is_not_kept(conversations):
    conversations.add_list(listed("conv_1", last=line(2)))
    (shown,) = conversations.latest_first()
    for n in range(MAX_CONVERSATIONS):
        conversations.on_message(message(3 + n, conversation=f"other_{n}"))

    found = conversations.add_history(shown, encode_json({"messages": [line(1), line(2)]}))

    assert (found.customer, [one.id for one in found.entries]) == (shown.customer, ["m_1", "m_2"])
    assert found.id not in {one.id for one in conversations.latest_first()}


def test_skip_other_messages_and_refuse_invalid_ones(conversations):
    conversations.on_message({"type": "pong"})
    with pytest.raises(msgspec.ValidationError):
        conversations.on_message({"type": "chat_message", "payload": {}})
    with pytest.raises(msgspec.DecodeError):
        conversations.add_list(b"<html>")

    assert conversations.latest_first() == ()


def test_are_taken_while_the_simulator_says_so(conversations):
    conversations.add_list(listed("conv_1"))
    conversations.on_message(message(1))
    (conversation,) = conversations.latest_first()

    assert conversation.is_taken(["conv_1"], known_at=NOON)
    assert not conversation.is_taken([], known_at=NOON)


def test_are_taken_by_a_reply_that_the_simulator_has_not_reported_yet(conversations):
    conversations.add_list(listed("conv_1"))
    conversations.on_message(message(1))
    conversations.on_message(message(2, "agent_1"))
    (conversation,) = conversations.latest_first()

    assert conversation.is_taken([], known_at=NOON + 1)
    assert not conversation.is_taken([], known_at=NOON + 3)  # handed back since


def test_tell_the_customer_from_the_support(conversations):
    for n, sender in enumerate(("user_1", SIMULATED_AGENT_ID, "agent_1", "user_1")):
        conversations.on_message(message(n, sender))

    def sides():
        (conversation,) = conversations.latest_first()
        return [conversation.is_from_customer(entry) for entry in conversation.entries]

    before = sides()
    conversations.add_list(listed("conv_1"))

    assert before == sides() == [True, False, False, True]


def test_conversations_from_before_a_time_are_left_out():
    book = ChatConversations()
    book.on_message(message(1, conversation="conv_old"))
    book.on_message(message(9, conversation="conv_new"))

    assert [one.id for one in active_since(book.latest_first(), NOON + 5)] == ["conv_new"]


def test_the_first_conversation_is_shown_as_soon_as_it_begins(conversations):
    assert choose_shown(None, conversations.latest_first()) is None

    conversations.on_message(message(1))

    assert choose_shown(None, conversations.latest_first()) == "conv_1"


def test_a_conversation_that_was_chosen_stays_beside_a_later_one(conversations):
    conversations.on_message(message(1))
    conversations.on_message(message(2, conversation="conv_2"))

    assert choose_shown("conv_1", conversations.latest_first()) == "conv_1"
    assert choose_shown("", conversations.latest_first()) == ""  # a new one
