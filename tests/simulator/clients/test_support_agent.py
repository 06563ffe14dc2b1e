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
        raise AssertionError("the agent stays subscribed")


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
async def room(shop_data):
    return Room(shop_data.support_script)


@pytest.fixture
def exchange(shop_data):
    return shop_data.support_script.topic("оплата").exchanges[0]


async def test_subscribes_to_the_channel_of_the_tenant(room):
    assert room.socket.channels == {"tenant:shop"}


async def test_answers_in_the_same_conversation(room, exchange):
    room.hear("user_1", exchange.question)
    await room.finish()

    assert room.socket.sent == [
        ("chat_message", {"conversation_id": "conv_1", "content": exchange.answer})
    ]


async def test_does_not_answer_if_a_person_answers_during_its_delay(room, exchange):
    room.hear("user_1", exchange.question)
    await room.is_reading.wait()
    room.hear("agent_olha", "Вітаю!")
    await room.tasks[-1]

    assert await room.finish() == []


async def test_does_not_answer_if_a_person_answered_before_it_started(room, exchange):
    room.record["conv_1"] = ["user_1", "agent_olha", "user_1"]
    room.hear("user_1", exchange.question)

    assert await room.finish() == []


async def test_continues_a_conversation_of_an_earlier_agent(room, exchange):
    room.record["conv_1"] = ["user_1", AGENT_ID, "user_1"]
    room.hear("user_1", exchange.question)

    assert await room.finish() == [exchange.answer]


async def test_answers_if_the_senders_cannot_be_loaded(room, exchange):
    room.hear("user_1", exchange.question)

    assert await room.finish() == [exchange.answer]
    assert room.looked_up == ["conv_1"]


async def test_does_not_answer_if_a_person_takes_over_during_its_delay(room, exchange):
    room.hear("user_1", exchange.question)
    await room.is_reading.wait()
    room.agent.hand_over("conv_1")

    assert await room.finish() == []
