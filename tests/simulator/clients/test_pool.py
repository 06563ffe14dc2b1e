"""The pool of customers and the agent, with real connections to a real server."""

import asyncio
import contextlib

import aiohttp
import pytest

from client.asyncio.client import AsyncShopWebSocket
from client.tokens import mint
from protocol import codec
from server.app import start_server
from server.settings import Settings as ServerSettings
from simulator.clients.pool import ClientPool
from simulator.clients.slow_client import IDLE_READ_TIMEOUT_S
from simulator.settings import Settings
from simulator.shop.support_script import AGENT_ID

SECRET = "for the tests only: 0123456789abcdef"
ORDER = {
    "id": "ord_1",
    "number": "ORD-1",
    "total": 549.00,
    "currency": "UAH",
    "status": "pending",
    "customer": {"id": "user_1", "name": "Олена Мельник"},
    "items": [{"product_id": "prod_1", "name": "Пес Патрон", "quantity": 1, "price": 549.00}],
    "created_at": "2026-01-05T12:00:00Z",
}
PLACED = {"channel": "tenant:shop", "type": "new_order", "payload": {"order": ORDER}}


def update(channel, status):
    payload = {"order_id": "ord_1", "status": status}
    return {"channel": channel, "type": "order_update", "payload": payload}


class Platform:
    """A server that can be restarted with its data, and requests to it."""

    def __init__(self, folder, http):
        self._folder, self._http, self.port = folder, http, 0

    @contextlib.asynccontextmanager
    async def running(self):
        settings = ServerSettings(port=self.port, data_dir=str(self._folder), jwt_secret=SECRET)
        async with start_server(settings) as self.port:
            yield

    @property
    def settings(self):
        return Settings(
            jwt_secret=SECRET, server_url=f"http://127.0.0.1:{self.port}", customers=2, seed=7
        )

    def token(self, role):
        return mint(
            SECRET,
            user_id=f"{role}_olha",
            tenant_id="shop",
            role=role,
            name="Ольга",
            tenants="*" if role == "service" else None,
        )

    async def publish(self, *publications):
        """Publish; return the number of connections that were reached."""
        async with self._http.post(
            f"{self.settings.http_url}/api/publish",
            data=codec.encode_json(list(publications)),
            headers={"Authorization": f"Bearer {self.token('service')}"},
        ) as response:
            assert response.status == 200
            return (await response.json())["reached"]

    async def until_reached(self, count, *publications, every_s=0.02):
        """Publish repeatedly until that many connections are reached."""
        async with asyncio.timeout(30):
            while await self.publish(*publications) != count:
                await asyncio.sleep(every_s)

    @contextlib.asynccontextmanager
    async def staff(self):
        """Connect a human agent; yield its client and a queue of the chat messages."""
        socket = AsyncShopWebSocket(
            self.settings.ws_url, lambda: self.token("agent"), http=self._http
        )
        chats = asyncio.Queue()
        socket.on("chat_message", chats.put_nowait)
        await socket.connect(timeout=10)
        await socket.request("subscribe", {"channel": "tenant:shop"})
        yield socket, chats
        await socket.disconnect()


@pytest.fixture
async def platform(tmp_path):
    async with aiohttp.ClientSession() as http:
        yield Platform(tmp_path, http)


async def no_pause(_seconds):
    """Do not wait."""


@pytest.fixture
def running_pool(platform, shop_data):
    """Run a pool of two customers and the agent: async with running_pool() as pool."""

    @contextlib.asynccontextmanager
    async def running_pool_(pause=no_pause):
        async with aiohttp.ClientSession() as http:
            pool = ClientPool(platform.settings, shop_data, http, pause=pause)
            task = asyncio.create_task(pool.run())
            yield pool
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled()
            assert not any(state.signed_in for state in pool.customers())

    return running_pool_


def notification(channel):
    payload = {"id": "notif_1", "title": "Вітаємо", "body": "Знижки"}
    return {"channel": channel, "type": "notification", "payload": payload}


async def test_customers_receive_their_own_channel_announcements_and_orders(platform, running_pool):
    async with platform.running(), running_pool() as pool:
        await platform.until_reached(1, notification("user:user_1"))
        await platform.until_reached(2, notification("public:announcements"))
        await platform.publish(PLACED, update("user:user_1", "pending"))
        await platform.until_reached(1, update("order:ord_1", "pending"))

        assert [state.signed_in for state in pool.customers()] == [True, True]


async def test_customers_unsubscribe_from_a_delivered_order(platform, running_pool):
    async with platform.running(), running_pool():
        await platform.until_reached(1, notification("user:user_1"))
        await platform.publish(PLACED, update("user:user_1", "pending"))
        await platform.until_reached(1, update("order:ord_1", "shipped"))
        await platform.publish(update("user:user_1", "delivered"))
        await platform.until_reached(0, update("order:ord_1", "delivered"))


async def test_customers_reconnect_after_a_restart_of_the_server_and_keep_their_orders(
    platform, running_pool
):
    async with contextlib.AsyncExitStack() as stack:
        async with platform.running():
            await stack.enter_async_context(running_pool())
            await platform.until_reached(1, notification("user:user_1"))
            await platform.publish(PLACED, update("user:user_1", "pending"))
            await platform.until_reached(1, update("order:ord_1", "pending"))
        async with platform.running():
            await platform.until_reached(1, update("order:ord_1", "paid"))


async def test_a_customer_asks_support_and_the_agent_answers(platform, running_pool, shop_data):
    exchange = shop_data.support_script.topic("availability").exchanges[0]
    async with platform.running(), running_pool() as pool, platform.staff() as (_, chats):
        await platform.until_reached(2, notification("public:announcements"))
        pool.ask_support(shop_data.customers.customer(1), "availability")
        question, answer = await chats.get(), await chats.get()

    assert question["message"]["sender_id"] == "user_1"
    assert question["message"]["sender_name"] == shop_data.customers.customer(1).name
    assert question["message"]["content"] == exchange.question
    assert answer["message"]["sender_id"] == AGENT_ID
    assert answer["message"]["content"] == exchange.answer


async def test_a_customer_thanks_a_person_and_the_agent_does_not_answer(
    platform, running_pool, shop_data
):
    agent_reads, is_over = asyncio.Event(), asyncio.Event()

    async def pause(_seconds):
        if not agent_reads.is_set():
            agent_reads.set()
            await is_over.wait()

    async with platform.running(), running_pool(pause) as pool, platform.staff() as (socket, chats):
        await platform.until_reached(2, notification("public:announcements"))
        pool.ask_support(shop_data.customers.customer(1), "delivery")
        question = await chats.get()
        await agent_reads.wait()
        conversation_id = question["conversation_id"]
        socket.send("chat_message", {"conversation_id": conversation_id, "content": "Вітаю!"})
        own_copy, thanks = await chats.get(), await chats.get()
        is_over.set()
        await socket.request("ping")
        assert chats.empty()

    assert own_copy["message"]["sender_id"] == "agent_olha"
    assert thanks["message"]["sender_id"] == "user_1"
    assert thanks["message"]["content"] in shop_data.support_script.thanks


async def test_a_customer_does_not_ask_while_disconnected(platform, running_pool, shop_data):
    """
    The question would be sent after the reconnect, when no customer waits for an answer.
    """
    async with platform.running():
        pass
    async with running_pool() as pool:
        pool.ask_support(shop_data.customers.customer(1), "delivery")
        async with platform.running(), platform.staff() as (_, chats):
            await platform.until_reached(2, notification("public:announcements"))

            assert chats.empty()


async def test_customers_receive_what_was_published_while_disconnected(platform, running_pool):
    async with platform.running(), running_pool() as pool:
        await platform.until_reached(2, notification("public:announcements"))
        pool.drop_connections()
        await platform.publish(PLACED, update("user:user_1", "pending"))

        await platform.until_reached(1, update("order:ord_1", "paid"))


async def test_dropped_customers_reconnect_and_are_counted(platform, running_pool):
    async with platform.running(), running_pool() as pool:
        await platform.until_reached(2, notification("public:announcements"))
        before = pool.state()
        pool.drop_connections()
        async with asyncio.timeout(30):
            while pool.state().reconnects < 2:
                await asyncio.sleep(0.02)

        assert (before.sockets, before.reconnects) == (3, 0)
        assert pool.state().signed_in == 3


async def test_only_the_slow_client_is_evicted(platform, running_pool, shop_data):
    async with platform.running(), running_pool() as pool:
        await platform.until_reached(2, notification("public:announcements"))
        pool.start_slow_client(shop_data.customers.customer(3))
        big = notification("user:user_3")
        big["payload"]["body"] = "х" * 30_000
        await platform.until_reached(1, big)
        await platform.until_reached(0, *[big] * 10)
        pool.stop_slow_client()
        async with asyncio.timeout(30):
            while not pool.state().evictions:
                await asyncio.sleep(0.02)

        assert pool.state().signed_in == 3
        assert pool.state().reconnects == 0


async def test_a_slow_client_that_resumes_in_time_is_not_evicted(platform, running_pool, shop_data):
    async with platform.running(), running_pool() as pool:
        await platform.until_reached(2, notification("public:announcements"))
        pool.start_slow_client(shop_data.customers.customer(3))
        await platform.until_reached(1, notification("user:user_3"))
        pool.stop_slow_client()
        # Seldom: it stays connected as long as there is something to read.
        await platform.until_reached(
            0, notification("user:user_3"), every_s=2 * IDLE_READ_TIMEOUT_S
        )

        assert pool.state().evictions == 0


async def test_a_stopped_pool_starts_no_slow_client(platform, running_pool, shop_data):
    async with platform.running():
        async with running_pool() as pool:
            await platform.until_reached(2, notification("public:announcements"))
        pool.start_slow_client(shop_data.customers.customer(3))

        assert await platform.publish(notification("user:user_3")) == 0


async def test_a_reset_into_another_language_renames_people_without_reconnecting(
    platform, running_pool, english_data
):
    question = english_data.support_script.topic("availability").exchanges[0]
    async with platform.running(), running_pool() as pool, platform.staff() as (_, chats):
        await platform.until_reached(2, notification("public:announcements"))
        pool.reset(english_data)
        assert next(state.name for state in pool.customers()) == "Volodymyr Levytskyi"
        pool.ask_support(english_data.customers.customer(1), "availability")
        asked, answered = await chats.get(), await chats.get()

        assert pool.state().reconnects == 0
    assert asked["message"]["sender_name"] == "Volodymyr Levytskyi"
    assert answered["message"]["sender_name"] == "Sofiia, support"
    assert answered["message"]["content"] == question.answer
