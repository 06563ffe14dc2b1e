"""Each client gets exactly what a naive model says, in order, whatever happens to it and others.

The model keeps no index: it goes through everything for each publication and each request.
"""

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from protocol.channels import Channel, ChannelKind
from protocol.close_codes import CloseCode
from protocol.publications import EVERYONE
from tests.server.in_memory_server import InMemoryServer, masked, publication

KEPT, PER_USER, PER_CONNECTION = 4, 2, 3
USERS, TENANTS = ["olena", "taras"], ["shop", "books"]
ROLES = ["customer", "agent", "admin", ""]
CHANNELS = [
    "public:news", "user:olena", "user:taras", "order:ord_1", "order:ord_2", "tenant:shop",
    "monitor:shop",
]  # fmt: skip
STAFF = {"agent", "admin"}


class Client:
    """A client as the model sees it: who it is, where it subscribes, what it should receive."""

    def __init__(self, wire):
        self.wire, self.id = wire, wire.connection.id
        self.identity = None
        self.recoverable = {}  # by channel
        self.expected = []
        self.is_open, self.close_code = True, None

    @property
    def tenant(self):
        return self.identity[2] if self.identity else ""

    @property
    def user(self):
        return self.identity[0] if self.identity else None

    def close(self, code):
        if self.is_open:
            self.is_open, self.close_code = False, code
            self.recoverable = {}


class Delivery(RuleBasedStateMachine):
    """The server, and the model beside it."""

    @initialize()
    def start(self):
        self.loop = asyncio.new_event_loop()
        self.server = InMemoryServer(
            retention=KEPT, connections_per_user=PER_USER, subscriptions=PER_CONNECTION
        )
        self.running = self.server.broker.run(self.server.hub)
        self.loop.run_until_complete(self.running.__aenter__())
        self.number, self.epoch = 0, None
        self.clients, self.revoked, self.owners = [], set(), {}
        self.history = {channel: [] for channel in CHANNELS}
        for _ in range(3):
            self.connect()

    def teardown(self):
        if hasattr(self, "loop"):
            self.loop.run_until_complete(self.running.__aexit__(None, None, None))
            self.loop.close()

    @property
    def open_clients(self):
        return [client for client in self.clients if client.is_open]

    def ask(self, client, type, **payload):
        """Send a request and wait until it is answered."""

        async def run():
            self.server.ask(client.wire, type, **payload)
            for _ in range(4):
                await asyncio.sleep(0)

        self.loop.run_until_complete(run())

    def client(self, index):
        return self.clients[index % len(self.clients)]

    # What happens.

    @rule()
    def connect(self):
        if len(self.open_clients) < 5:
            self.clients.append(Client(self.server.connect()))

    @rule(
        index=st.integers(0, 7),
        user=st.sampled_from(USERS),
        role=st.sampled_from(ROLES),
        tenant=st.sampled_from(["shop", "shop", "books"]),
        since=st.none() | st.integers(0, 6),
        recoverable=st.booleans(),
    )
    def sign_in(self, index, user, role, tenant, since, recoverable):
        client, identity = self.client(index), (user, role, tenant)
        wishes = self.wishes(recoverable, since, last=False)
        self.ask(client, "auth", token=f"{user}:{role}:{tenant}", **wishes)
        if not client.is_open:
            return
        if user in self.revoked:
            client.expected.append(("auth_error",))
        elif client.identity is None:
            self.first_sign_in(client, identity, recoverable, since)
        elif (client.user, client.tenant) != (user, tenant):
            client.close(CloseCode.NOT_SIGNED_IN)
        else:
            client.identity = identity
            client.expected.append(("auth_success", user))
            client.recoverable.setdefault(f"user:{user}", False)
            for channel in sorted(client.recoverable):
                if not self.may_subscribe(client, channel):
                    del client.recoverable[channel]
                    client.expected.append(("unsubscribed", channel))

    def first_sign_in(self, client, identity, recoverable, since):
        same_user = [each for each in self.open_clients if each.user == identity[0]]
        if len(same_user) >= PER_USER:
            client.close(CloseCode.TOO_MANY_CONNECTIONS)
            return
        client.identity = identity
        channel = f"user:{identity[0]}"
        client.expected.append(("auth_success", identity[0]))
        self.replay(client, channel, recoverable, since, last=False)
        client.recoverable[channel] = recoverable

    @rule(
        index=st.integers(0, 7),
        channel=st.sampled_from(CHANNELS),
        recoverable=st.booleans(),
        since=st.none() | st.integers(0, 6),
        last=st.booleans(),
    )
    def subscribe(self, index, channel, recoverable, since, last):
        client = self.client(index)
        self.ask(client, "subscribe", channel=channel, **self.wishes(recoverable, since, last))
        if not client.is_open:
            return
        if not self.may_subscribe(client, channel):
            client.expected.append(("error", "forbidden"))
        elif (
            channel not in client.recoverable
            and len(set(client.recoverable) - {f"user:{client.user}"}) >= PER_CONNECTION
        ):
            client.expected.append(("error", "too_many_subscriptions"))
        else:
            client.expected.append(("subscribed", channel))
            self.replay(client, channel, recoverable, since, last)
            client.recoverable[channel] = recoverable

    @rule(index=st.integers(0, 7), channel=st.sampled_from(CHANNELS))
    def unsubscribe(self, index, channel):
        client = self.client(index)
        self.ask(client, "unsubscribe", channel=channel)
        if client.is_open:
            client.recoverable.pop(channel, None)
            client.expected.append(("unsubscribed", channel))

    @rule(where=st.lists(st.sampled_from([*CHANNELS, "*"]), min_size=1, max_size=4))
    def publish_to_all_subscribers(self, where):
        self.publish(where)

    @rule(
        where=st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=4),
        type=st.sampled_from(["notification", "chat_message"]),
        tenant_only=st.booleans(),
        tenant=st.sampled_from(TENANTS),
        excluded=st.none() | st.integers(0, 7),
        elsewhere=st.none() | st.sampled_from(CHANNELS),
    )
    def publish_to_some(self, where, excluded, elsewhere, **options):
        options["exclude_connection"] = "" if excluded is None else self.client(excluded).id
        if elsewhere:
            options["exclude_subscribers_of"] = Channel.parse(elsewhere, "shop")
        self.publish(where, **options)

    def publish(self, where, **options):
        batch = []
        for name in where:
            self.number += 1
            if name == "*":
                batch.append(publication(EVERYONE, self.number))
                for client in self.open_clients:
                    client.expected.append((self.number, None))
                continue
            sent = publication(Channel.parse(name, "shop"), self.number, **options)
            batch.append(sent)
            self.history[name].append((self.number, sent))
            for client in self.open_clients:
                if name in client.recoverable and self.is_recipient(client, sent):
                    offset = len(self.history[name]) if client.recoverable[name] else None
                    client.expected.append((self.number, offset))
        self.loop.run_until_complete(self.server.publish(*batch))

    @rule(order=st.sampled_from(["ord_1", "ord_2"]), user=st.sampled_from(USERS))
    def change_order_owner(self, order, user):
        self.owners[order] = user
        self.server.change_order_owner(order, user)
        for client in self.open_clients:
            channel = f"order:{order}"
            if channel in client.recoverable and not self.may_subscribe(client, channel):
                del client.recoverable[channel]
                client.expected.append(("unsubscribed", channel))

    @rule(user=st.sampled_from(USERS))
    def revoke(self, user):
        if len(self.clients) < 4:
            return  # or everybody would be gone at once
        self.revoked = {user}
        self.server.revoked.clear()
        self.server.revoke(user)
        for client in self.open_clients:
            if client.user == user:
                client.close(CloseCode.DISCONNECTED)

    @rule(index=st.integers(0, 7), is_polite=st.booleans())
    def leave(self, index, is_polite):
        client = self.client(index)
        if not client.is_open:
            return
        if is_polite:
            client.wire.connection.data_received(masked(8, (1000).to_bytes(2)))
        else:
            client.wire.abort()
        client.close(CloseCode.NORMAL if is_polite else None)

    # What the model says of it.

    def wishes(self, recoverable, since, last):
        wishes = {"recoverable": recoverable, "last": last}
        if since is not None and self.epoch:
            wishes["since"] = {"epoch": self.epoch, "offset": since}
        return wishes

    def may_subscribe(self, client, channel):
        kind, key = channel.split(":")
        if kind == "public":
            return True
        if client.identity is None:
            return False
        user, role, tenant = client.identity
        match kind:
            case "user":
                return key == user
            case "tenant":
                return tenant == key and role in STAFF | {""}
            case "monitor":
                return tenant == key and role == "admin"
            case "order":
                owner = self.owners.get(key)
                is_theirs = owner == user or role in STAFF
                return owner is not None and tenant == "shop" and is_theirs

    def is_recipient(self, client, sent):
        elsewhere = str(sent.exclude_subscribers_of or "")
        is_staff = client.identity is not None and client.identity[1] in STAFF
        is_chat_of_tenant = sent.type == "chat_message" and sent.to.kind is ChannelKind.TENANT
        return (
            (is_staff or not is_chat_of_tenant)
            and (not sent.tenant_only or client.tenant == sent.tenant)
            and elsewhere not in client.recoverable
            and sent.exclude_connection != client.id
        )

    def replay(self, client, channel, recoverable, since, last):
        """Expect what a subscription brings of the channel's history."""
        numbered = list(enumerate(self.history[channel], start=1))
        end, start = len(numbered), max(0, len(numbered) - KEPT)
        new = Channel.parse(channel, "shop")
        found = numbered[-1:] if last else []
        if recoverable and since is not None and self.epoch and start <= since <= end:
            found = numbered[since:]
        for offset, (number, sent) in found:
            # The exclusion counts the new subscription as well.
            if self.is_recipient(client, sent) and sent.exclude_subscribers_of != new:
                client.expected.append((number, offset if recoverable else None))

    @invariant()
    def every_client_has_received_what_the_model_says(self):
        for client in getattr(self, "clients", ()):
            got = [seen(message) for message in client.wire.received]
            assert got == client.expected
            assert client.wire.close_code == client.close_code
            for message in client.wire.received[-1:]:
                self.epoch = self.epoch or message["payload"].get("epoch")

    @invariant()
    def nothing_is_left_of_those_who_have_gone(self):
        if hasattr(self, "clients"):
            open_clients = self.open_clients
            assert len(self.server.hub.connections) == len(open_clients)
            count = sum(len(client.recoverable) for client in open_clients)
            assert self.server.hub.subscription_count == count
            signed_in = [client for client in open_clients if client.user]
            assert self.server.limiter.in_use == len(signed_in)


def seen(message):
    """Return what of a message the model speaks of."""
    payload = message["payload"]
    match message["type"]:
        case "notification":
            return payload["number"], message.get("offset")
        case "auth_success":
            return "auth_success", payload["user_id"]
        case "auth_error":
            return ("auth_error",)
        case "error":
            return "error", payload["code"]
        case type:
            return type, payload["channel"]


TestDelivery = Delivery.TestCase
TestDelivery.settings = settings(max_examples=40, stateful_step_count=40)
