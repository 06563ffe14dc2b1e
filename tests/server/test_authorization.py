"""Who may do what: every role and every action, over a real server and against the docs.

``TABLE`` is the one table; docs/protocol.md has it word for word.  A row is about what belongs
to the tenant of the token, unless it says otherwise.
"""

from pathlib import Path

import pytest

from protocol.channels import Channel
from server.auth.identity import Identity, Role
from server.auth.permissions import can_subscribe
from server.stores.base import OrderOwnership

TABLE = """\
| action | anonymous | no role | customer | agent | admin | service | service for all |
|---|---|---|---|---|---|---|---|
| subscribe to `public:` | yes | yes | yes | yes | yes | yes | yes |
| subscribe to the own `user:` | – | yes | yes | yes | yes | yes | yes |
| subscribe to another `user:` | – | – | – | – | – | – | – |
| subscribe to `order:`, an own order | – | yes | yes | yes | yes | yes | yes |
| subscribe to `order:`, another user's | – | – | – | yes | yes | – | – |
| subscribe to `order:`, another tenant's | – | – | – | – | – | – | – |
| subscribe to `tenant:` | – | yes | – | yes | yes | – | – |
| receive `chat_message` on `tenant:` | – | – | – | yes | yes | – | – |
| subscribe to another `tenant:` | – | – | – | – | – | – | – |
| subscribe to `monitor:` | – | – | – | – | yes | – | – |
| subscribe to another `monitor:` | – | – | – | – | – | – | – |
| publish to `public:` | – | – | – | – | – | – | yes |
| publish to everyone | – | – | – | – | – | – | yes |
| publish to a user | – | – | – | – | yes | yes | yes |
| publish to a user of another tenant | – | – | – | – | – | – | yes |
| publish to `tenant:` | – | – | – | – | yes | yes | yes |
| publish to another `tenant:` | – | – | – | – | – | – | yes |
| publish to `order:`, a recorded order | – | – | – | – | yes | yes | yes |
| publish to `order:`, an unknown order | – | – | – | – | – | yes | yes |
| publish to `order:`, another tenant's | – | – | – | – | – | – | yes |
| publish to `monitor:` | – | – | – | – | – | – | – |
| open a conversation | – | yes | yes | – | – | – | – |
| answer in another user's conversation | – | – | – | yes | yes | – | – |
| answer in another tenant's conversation | – | – | – | – | – | – | – |
| list conversations | – | yes | yes | yes | yes | – | – |
| read another user's conversation | – | – | – | yes | yes | – | – |
| read another tenant's conversation | – | – | – | – | – | – | – |
| list connections, channels and nodes | – | – | – | – | yes | – | – |
| ask why a connection may subscribe | – | – | – | – | yes | – | – |
| close a connection | – | – | – | – | yes | – | – |
| close a user's connections and revoke tokens | – | – | – | – | yes | – | – |
| close another tenant's connection | – | – | – | – | – | – | – |
| read `/healthz`, `/readyz` and `/metrics` | yes | yes | yes | yes | yes | yes | yes |
"""
PAGE = Path(__file__).parents[2] / "docs" / "protocol.md"
HEAD, _, *LINES = [
    [cell.strip() for cell in line.strip("|").split(" | ")] for line in TABLE.splitlines()
]
WHO = HEAD[1:]
ALLOWED = {
    line[0]: {who for who, cell in zip(WHO, line[1:], strict=True) if cell == "yes"}
    for line in LINES
}
CLAIMS = {
    "no role": {"role": None},
    "customer": {"role": "customer"},
    "agent": {"role": "agent"},
    "admin": {"role": "admin"},
    "service": {"role": "service"},
    "service for all": {"role": "service", "tenants": "*"},
}
NOTICE = {"type": "notification", "payload": {"id": "n", "title": "t", "body": "b"}}


def user_of(who):
    return who.replace(" ", "-")


def test_the_docs_have_this_table():
    assert TABLE in PAGE.read_text()


class Shop:
    """Two tenants on a server: orders, conversations and connections of ``shop`` and ``books``."""

    def __init__(self, server, token):
        self.server, self._token = server, token
        self.clients = {}

    def token(self, who, **claims):
        claims = CLAIMS[who] | {"user_id": user_of(who)} | claims
        return self._token(claims.pop("user_id"), **claims)

    async def open(self):
        for tenant, users in {
            "shop": [*map(user_of, WHO[1:]), "other"],
            "books": ["reader"],
        }.items():
            for user in users:
                await self.server.place_order(f"ord_{user}", user, tenant)
        self.conversations = {}
        for tenant, user in (("shop", "other"), ("books", "reader")):
            client = await self.server.sign_in(user, "customer", tenant_id=tenant)
            said = await client.ask("chat_message", {"content": "hello"})
            self.conversations[tenant] = said["payload"]["conversation_id"]
        self.clients["anonymous"] = await self.server.connect()
        for who, claims in CLAIMS.items():
            self.clients[who] = await self.server.sign_in(user_of(who), **claims)

    async def status(self, method, path, who, **options):
        token = None if who == "anonymous" else self.token(who)
        return (await self.server.request(method, path, token, **options))[0]

    async def can_request(self, who, method, path, **options):
        """Tell whether a request succeeds; what is refused is refused with one of these codes."""
        status = await self.status(method, path, who, **options)
        assert status in (200, 401, 403, 404)
        return status == 200

    async def may_subscribe(self, who, channel):
        client = self.clients[who]
        reply = await client.subscribe(channel)
        if channel != f"user:{user_of(who)}":
            await client.ask("unsubscribe", {"channel": channel})
        return is_done(reply, "subscribed", "forbidden")

    async def may_publish(self, who, **address):
        if who == "anonymous":
            return await self.can_request(who, "POST", "/api/publish", json=NOTICE | address)
        token = self.token(who)
        status, answer = await self.server.publish(NOTICE | address, token)
        if status != 200:
            assert answer["error"]["code"] in ("forbidden", "invalid_channel")
        return status == 200

    async def may_chat(self, who, **payload):
        reply = await self.clients[who].ask("chat_message", {"content": "?", **payload})
        refusals = ("forbidden", "unauthenticated", "invalid_payload")
        return is_done(reply, "chat_message", *refusals)

    async def receives_chat(self, who):
        client = self.clients[who]
        await client.subscribe("tenant:shop")
        writer = await self.server.sign_in(f"writer-to-{user_of(who)}", "customer")
        await writer.ask("chat_message", {"content": "for the staff"})
        await client.ask("ping")
        client._unread_events, events = [], client._unread_events
        await client.ask("unsubscribe", {"channel": "tenant:shop"})
        return any(event["type"] == "chat_message" for event in events)

    async def connection_of(self, user, tenant):
        """Open a connection of a user; returns its id."""
        await self.server.sign_in(user, "customer", tenant_id=tenant)
        admin = self._token("boss", "admin", tenant_id=tenant)
        _, listed = await self.server.request("GET", f"/api/connections?user_id={user}", admin)
        return listed["connections"][0]["id"]

    async def may_close(self, who, tenant):
        target = await self.connection_of(f"guest-of-{user_of(who)}", tenant)
        return await self.can_request(who, "DELETE", f"/api/connections/{target}")

    async def may_ask_why(self, who):
        target = await self.connection_of(f"asked-by-{user_of(who)}", "shop")
        path = f"/api/connections/{target}/access?channel=public:news"
        return await self.can_request(who, "GET", path)

    async def may_list(self, who):
        paths = ("/api/connections", "/api/channels", "/api/nodes")
        answers = {await self.can_request(who, "GET", path) for path in paths}
        assert len(answers) == 1
        return answers.pop()

    async def may_probe(self, who):
        headers = {} if who == "anonymous" else {"Authorization": f"Bearer {self.token(who)}"}
        for path in ("/healthz", "/readyz", "/metrics"):
            await self.server.read(path, **headers)
        return True


def is_done(reply, type, *refusals):
    if reply["type"] == type:
        return True
    assert reply["type"] == "error"
    assert reply["payload"]["code"] in refusals
    return False


def attempts(shop):
    """Return what each row of the table means, as somebody attempts it."""
    own = "user:{}".format
    conversation = shop.conversations

    def reads(path):
        return lambda who: shop.can_request(who, "GET", path)

    def subscribes(channel):
        return lambda who: shop.may_subscribe(who, channel)

    def publishes(**address):
        return lambda who: shop.may_publish(who, **address)

    def answers(tenant):
        return lambda who: shop.may_chat(who, conversation_id=conversation[tenant])

    return {
        "subscribe to `public:`": subscribes("public:news"),
        "subscribe to the own `user:`": lambda who: shop.may_subscribe(who, own(user_of(who))),
        "subscribe to another `user:`": subscribes("user:other"),
        "subscribe to `order:`, an own order": lambda who: shop.may_subscribe(
            who, f"order:ord_{user_of(who)}"
        ),
        "subscribe to `order:`, another user's": subscribes("order:ord_other"),
        "subscribe to `order:`, another tenant's": subscribes("order:ord_reader"),
        "subscribe to `tenant:`": subscribes("tenant:shop"),
        "receive `chat_message` on `tenant:`": shop.receives_chat,
        "subscribe to another `tenant:`": subscribes("tenant:books"),
        "subscribe to `monitor:`": subscribes("monitor:shop"),
        "subscribe to another `monitor:`": subscribes("monitor:books"),
        "publish to `public:`": publishes(channel="public:news"),
        "publish to everyone": publishes(everyone=True),
        "publish to a user": publishes(user="other"),
        "publish to a user of another tenant": publishes(user="reader", tenant="books"),
        "publish to `tenant:`": publishes(channel="tenant:shop"),
        "publish to another `tenant:`": publishes(channel="tenant:books"),
        "publish to `order:`, a recorded order": publishes(channel="order:ord_other"),
        "publish to `order:`, an unknown order": publishes(channel="order:ord_404"),
        "publish to `order:`, another tenant's": publishes(
            channel="order:ord_reader", tenant="books"
        ),
        "publish to `monitor:`": publishes(channel="monitor:shop"),
        "open a conversation": shop.may_chat,
        "answer in another user's conversation": answers("shop"),
        "answer in another tenant's conversation": answers("books"),
        "list conversations": reads("/api/conversations"),
        "read another user's conversation": reads(
            f"/api/conversations/{conversation['shop']}/messages"
        ),
        "read another tenant's conversation": reads(
            f"/api/conversations/{conversation['books']}/messages"
        ),
        "list connections, channels and nodes": shop.may_list,
        "ask why a connection may subscribe": shop.may_ask_why,
        "close a connection": lambda who: shop.may_close(who, "shop"),
        "close a user's connections and revoke tokens": lambda who: shop.can_request(
            who, "POST", "/api/users/somebody/disconnect", json={"revoke": True}
        ),
        "close another tenant's connection": lambda who: shop.may_close(who, "books"),
        "read `/healthz`, `/readyz` and `/metrics`": shop.may_probe,
    }


async def test_everybody_may_do_what_the_table_says_and_nothing_else(serve, token):
    server = await serve(chat_messages_per_second=1000.0)
    shop = Shop(server, token)
    await shop.open()
    rows = attempts(shop)
    assert list(rows) == list(ALLOWED)

    found = {row: {who for who in WHO if await attempt(who)} for row, attempt in rows.items()}

    assert found == ALLOWED


@pytest.mark.parametrize("who", WHO)
def test_the_code_of_permissions_agrees_on_subscriptions(who):
    identity = None if who == "anonymous" else identity_of(who)
    user, order = user_of(who), "order:{}".format
    channels = {
        "subscribe to `public:`": ("public:news", None),
        "subscribe to the own `user:`": (f"user:{user}", None),
        "subscribe to another `user:`": ("user:other", None),
        "subscribe to `order:`, an own order": (order("o"), OrderOwnership("o", user, "shop")),
        "subscribe to `order:`, another user's": (order("o"), OrderOwnership("o", "x", "shop")),
        "subscribe to `order:`, another tenant's": (order("o"), OrderOwnership("o", user, "books")),
        "subscribe to `tenant:`": ("tenant:shop", None),
        "subscribe to another `tenant:`": ("tenant:books", None),
        "subscribe to `monitor:`": ("monitor:shop", None),
        "subscribe to another `monitor:`": ("monitor:books", None),
    }
    assert set(channels) == {row for row in ALLOWED if row.startswith("subscribe")}

    for row, (name, ownership) in channels.items():
        channel = Channel.parse(name, "shop")
        assert can_subscribe(identity, channel, ownership) == (who in ALLOWED[row]), row


def identity_of(who):
    return Identity(
        user_id=user_of(who),
        tenant_id="shop",
        role=Role(CLAIMS[who]["role"] or ""),
        name=who,
        issued_at=0.0,
        expires_at=1e9,
    )
