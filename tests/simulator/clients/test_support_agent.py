"""The simulated agent on its socket: answers after a while, unless a person was faster."""

import asyncio
from random import Random

import pytest

from simulator.clients.support_agent import SupportAgentClient
from simulator.shop.support_script import AGENT_ID, AgentScript


class Socket:
    """A socket that goes nowhere; the test is the server."""

    def __init__(self):
        self.channels, self.sent = set(), []

    def on(self, type, handler):
        assert type == "chat_message"
        self.hear = handler

    def send(self, type, payload):
        self.sent.append((type, payload))

    def subscribe(self, channel, *, recoverable):
        assert recoverable
        self.channels.add(channel)

    def unsubscribe(self, channel):
        raise AssertionError("the desk stays open")


class Room:
    """The desk, its socket, the record of conversations, and pauses that the test ends."""

    def __init__(self, script):
        self.agent = AgentScript(script)
        self.socket, self.record, self.looked_up = Socket(), {}, []
        self.is_reading, self.go_on = asyncio.Event(), asyncio.Event()
        self.tasks = []
        SupportAgentClient(
            self.socket,
            "shop",
            self.agent,
            load_senders=self._find,
            rng=Random(7),
            sleep=self._pause,
            spawn=lambda work: self.tasks.append(asyncio.create_task(work)),
        )

    async def _pause(self, _seconds):
        self.is_reading.set()
        await self.go_on.wait()

    async def _find(self, conversation_id):
        self.looked_up.append(conversation_id)
        return self.record.get(conversation_id, [])

    def hear(self, sender_id, content, conversation_id="conv_1"):
        self.socket.hear(
            {
                "conversation_id": conversation_id,
                "message": {"sender_id": sender_id, "content": content},
            }
        )

    async def finish(self):
        self.go_on.set()
        await asyncio.gather(*self.tasks)
        return [payload["content"] for _, payload in self.socket.sent]


@pytest.fixture
async def room(premises):
    return Room(premises.support_script)


@pytest.fixture
def exchange(premises):
    return premises.support_script.topic("оплата").exchanges[0]


async def test_hears_what_is_said_to_the_staff(room):
    assert room.socket.channels == {"tenant:shop"}


async def test_answers_in_the_same_conversation(room, exchange):
    room.hear("user_1", exchange.question)
    await room.finish()

    assert room.socket.sent == [
        ("chat_message", {"conversation_id": "conv_1", "content": exchange.answer})
    ]


async def test_says_nothing_when_a_person_answers_while_it_reads(room, exchange):
    room.hear("user_1", exchange.question)
    await room.is_reading.wait()
    room.hear("agent_olha", "Вітаю!")
    await room.tasks[-1]

    assert await room.finish() == []


async def test_says_nothing_where_a_person_answered_before_it_came(room, exchange):
    room.record["conv_1"] = ["user_1", "agent_olha", "user_1"]
    room.hear("user_1", exchange.question)

    assert await room.finish() == []


async def test_goes_on_with_a_conversation_of_an_earlier_agent(room, exchange):
    room.record["conv_1"] = ["user_1", AGENT_ID, "user_1"]
    room.hear("user_1", exchange.question)

    assert await room.finish() == [exchange.answer]


async def test_answers_where_the_record_cannot_be_read(room, exchange):
    room.hear("user_1", exchange.question)

    assert await room.finish() == [exchange.answer]
    assert room.looked_up == ["conv_1"]


async def test_says_nothing_where_a_person_takes_over_while_it_reads(room, exchange):
    room.hear("user_1", exchange.question)
    await room.is_reading.wait()
    room.agent.hand_over("conv_1")

    assert await room.finish() == []
