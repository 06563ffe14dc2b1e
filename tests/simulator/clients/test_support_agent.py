"""The client of the simulated agent: answers after a delay, unless a person answers first."""

import asyncio
from random import Random

import pytest

from simulator.clients.support_agent import SupportAgentClient
from simulator.shop.support_script import AGENT_ID, AgentScript


class Socket:
    """A client without a connection; the test acts as the server."""

    def __init__(self):
        self.channels, self.sent = set(), []

    def on(self, type, handler):
        assert type == "chat_message"
        self.receive = handler

    def send(self, type, payload):
        self.sent.append((type, payload))

    def subscribe(self, channel, *, recoverable):
        assert recoverable
        self.channels.add(channel)

    def unsubscribe(self, channel):
        raise AssertionError("the agent stays subscribed")


class AgentHarness:
    """The agent, its client, the recorded senders, and delays that the test ends."""

    def __init__(self, script):
        self.agent = AgentScript(script)
        self.socket, self.senders, self.loaded = Socket(), {}, []
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
        self.loaded.append(conversation_id)
        return self.senders.get(conversation_id, [])

    def receive(self, sender_id, content, conversation_id="conv_1"):
        self.socket.receive(
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
async def harness(shop_data):
    return AgentHarness(shop_data.support_script)


@pytest.fixture
def exchange(shop_data):
    return shop_data.support_script.topic("payment").exchanges[0]


async def test_subscribes_to_the_channel_of_the_tenant(harness):
    assert harness.socket.channels == {"tenant:shop"}


async def test_answers_in_the_same_conversation(harness, exchange):
    harness.receive("user_1", exchange.question)
    await harness.finish()

    assert harness.socket.sent == [
        ("chat_message", {"conversation_id": "conv_1", "content": exchange.answer})
    ]


async def test_does_not_answer_if_a_person_answers_during_its_delay(harness, exchange):
    harness.receive("user_1", exchange.question)
    await harness.is_reading.wait()
    harness.receive("agent_olha", "Вітаю!")
    await harness.tasks[-1]

    assert await harness.finish() == []


async def test_does_not_answer_if_a_person_answered_before_it_started(harness, exchange):
    harness.senders["conv_1"] = ["user_1", "agent_olha", "user_1"]
    harness.receive("user_1", exchange.question)

    assert await harness.finish() == []


async def test_continues_a_conversation_of_an_earlier_agent(harness, exchange):
    harness.senders["conv_1"] = ["user_1", AGENT_ID, "user_1"]
    harness.receive("user_1", exchange.question)

    assert await harness.finish() == [exchange.answer]


async def test_answers_if_the_senders_cannot_be_loaded(harness, exchange):
    harness.receive("user_1", exchange.question)

    assert await harness.finish() == [exchange.answer]
    assert harness.loaded == ["conv_1"]


async def test_does_not_answer_if_a_person_takes_over_during_its_delay(harness, exchange):
    harness.receive("user_1", exchange.question)
    await harness.is_reading.wait()
    harness.agent.hand_over("conv_1")

    assert await harness.finish() == []
