"""Only its documented exception leaves a decoder, whatever it is given.

The inputs are valid examples that were changed: a value replaced, or some bytes.  A failure
prints the seed that repeats it.
"""

import asyncio
import contextlib
import itertools
import json
import logging
import random
import time
from pathlib import Path

import jwt
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.utils import base64url_encode

from client.sans_io.client import ClientOptions, SansIoClient
from client.sans_io.codec import decode_message, message_payload, raw_payload
from dashboard.sources.feed import Feed
from dashboard.sources.saved_messages import FILE_NAME, SavedMessages
from protocol import codec, simulator_api
from protocol.channels import Channel
from protocol.errors import RequestError
from protocol.messages import Error
from protocol.publications import EVERYONE, Publication
from protocol.redis import streams
from server.auth.identity import InvalidToken, KeysUnavailable
from server.auth.jwks import JwksKeys
from server.auth.jwt_verifier import JwtVerifier
from server.cluster import bus_messages
from server.settings import Settings
from simulator.api.commands import MalformedCommand, parse_command
from simulator.data_files import InvalidDataFile, read_text
from simulator.errors import CommandRejected
from simulator.shop.catalogue import parse_catalogue

EXAMPLES, CHANGES = 10, 40  # seeds of a decoder, and inputs of a seed
DEEP = 5000  # levels
GOLDEN = Path(__file__).parent / "golden" / "files"
JSON_TOKENS = [
    b"null", b"true", b"-1", b"0", b"1e999", b"-1e-999", b"1e999999999999999999", b"1" * 400,
    b"NaN", b"Infinity", b"9223372036854775808", b'""', b'"\\ud800"', b'"\xff"', b'"\xed\xa0\x80"',
    b'"\\u0000"', b'"x"', b"[]", b"{}", b"[[]]", b'[null]', b'{"":0}', b'{"kid":[]}',
    b'"9999-12-31T23:59:59.999Z"', b'"0001-01-01T00:00:00+14:00"', b"[" * DEEP + b"]" * DEEP,
    b'{"a":' * DEEP + b"1" + b"}" * DEEP, "\"а\u2028б\"".encode(),
]  # fmt: skip
SOME_BYTES = [
    b"", b"\x00", b"\xff", b"\xc3", b'"', b"\\", b"{", b"]", b",", b":", b" ", b"\n", b"\r", b"-",
    b"e", b"[" * DEEP, b"99999999999", b"\xef\xbb\xbf", b"=", b"#", b"'", b".",
]  # fmt: skip


class Changer(random.Random):
    """Changes valid examples, each by its seed."""

    def text(self, example):
        """Change some bytes."""
        changed = bytearray(example)
        for _ in range(self.randrange(1, 4)):
            at = self.randrange(len(changed) + 1)
            changed[at : at + self.choice([0, 0, 1, 1, 2, 9])] = self.choice(SOME_BYTES)
        return bytes(
            changed[: self.choice([len(changed)] * 5 + [self.randrange(len(changed) + 1)])]
        )

    def json(self, example):
        """Replace a value or a key in JSON, or some bytes of its text."""
        if self.random() < 0.3:
            return self.text(example)
        tree = self.replace(json.loads(example), "@@")
        text = json.dumps(tree, ensure_ascii=False).encode()
        return text.replace(b'"@@"', self.choice(JSON_TOKENS), 1)

    def msgpack(self, example):
        """Replace a value in MessagePack, or some bytes."""
        if self.random() < 0.4:
            return self.text(example)
        deep = []
        for _ in range(self.choice([1, DEEP])):
            deep = [deep]
        values = [
            None, -1, 2**63, -(2**63), 0.0, float("nan"), float("inf"), "", "x", b"", b"\xff",
            deep, {}, {1: 2}, {"type": "Here"}, msgspec.msgpack.Ext(5, b""), True,
        ]  # fmt: skip
        tree = self.replace(msgspec.msgpack.decode(example), self.choice(values))
        try:
            return msgspec.msgpack.encode(tree)
        except RecursionError:  # write the depth by hand
            return b"\x91" * DEEP + b"\xc0"

    def replace(self, tree, value):
        """Return a tree with one of its values, or the whole, replaced."""
        if isinstance(tree, dict) and tree and self.random() < 0.95:
            key = self.choice([*tree])
            match self.randrange(12):
                case 0:
                    return {name: item for name, item in tree.items() if name != key}
                case 1:
                    return tree | {"unknown": value}
            return tree | {key: self.replace(tree[key], value)}
        if isinstance(tree, list) and tree and self.random() < 0.95:
            at = self.randrange(len(tree))
            return [*tree[:at], self.replace(tree[at], value), *tree[at + 1 :]]
        return value


def fuzz(check):
    """Call ``check`` with a changer, whose seed hypothesis draws."""

    @settings(max_examples=EXAMPLES)
    @given(st.integers(0, 1 << 32))
    def run(seed):
        changer = Changer(seed)
        for _ in range(CHANGES):
            check(changer)

    run()


def golden_messages(direction):
    lines = (GOLDEN / "messages.txt").read_bytes().splitlines()
    return [line[2:] for line in lines if line.startswith(direction)]


def test_only_a_request_error_leaves_the_decoder_of_client_messages():
    def check(changer):
        text = changer.json(changer.choice(FROM_CLIENTS))
        try:
            codec.decode_client(text)
        except RequestError as error:
            codec.encode(Error.from_request_error(error))

    fuzz(check)


FROM_CLIENTS, FROM_SERVER = golden_messages(b">"), golden_messages(b"<")


def test_only_a_value_error_leaves_the_validation_of_a_published_event():
    def check(changer):
        message = json.loads(changer.choice(FROM_SERVER))
        payload = changer.json(json.dumps(message.get("payload", {})).encode())
        try:
            _event, forwarded = codec.validate_event(message["type"], payload)
        except ValueError:
            return
        codec.decode_json(forwarded)

    fuzz(check)


def test_a_client_survives_whatever_a_server_sends():
    def check(changer):
        client = SansIoClient(
            has_token=True, options=ClientOptions(), rng=changer, now=0.0, recover_user_channel=True
        )
        client.subscribe("order:ord_1")
        client.start(0.0)
        client.on_connecting(0.0)
        client.on_open(0.0)
        for _ in range(2):
            client.on_text(changer.json(changer.choice(FROM_SERVER)), 1.0)
            client.tick(2.0)

    fuzz(check)


class Handlers:
    """Stands for the feed's socket: a message goes through the client to the feed's handlers."""

    def __init__(self):
        self.handlers, self.raw_handlers = {}, {}

    def on(self, type, handler):
        self.handlers[type] = handler

    def on_raw(self, type, handler):
        self.raw_handlers[type] = handler

    def receive(self, text):
        message = decode_message(text)
        if message is None:
            return
        if handler := self.handlers.get(message["type"]):
            handler(message_payload(message))
        if handler := self.raw_handlers.get(message["type"]):
            handler(raw_payload(text))
        self.handlers["*"](message)


def test_the_feed_survives_whatever_a_server_reports(caplog):
    caplog.set_level(logging.CRITICAL)
    reports = [text for text in FROM_SERVER if b"traffic" in text or b"stats" in text]

    def check(changer):
        socket = Handlers()
        feed = Feed(socket, "shop", "ws://host", clock=lambda: 1_700_000_000.0)
        for _ in range(2):
            which = changer.choice([reports, FROM_SERVER])
            socket.receive(changer.json(changer.choice(which)))
        feed.snapshot()

    fuzz(check)


@pytest.mark.parametrize(
    "decode", [simulator_api.decode_shop_state, simulator_api.decode_command_response]
)
def test_only_a_decode_error_leaves_the_decoders_of_the_simulators_responses(decode):
    lines = (GOLDEN / "simulator_http.txt").read_bytes().splitlines()
    responses = [
        line for line in lines if line.startswith((b'{"run"', b'{"command"')) and b'"at"' in line
    ]

    def check(changer):
        with contextlib.suppress(msgspec.DecodeError):
            decode(changer.json(changer.choice(responses)))

    fuzz(check)


def test_only_its_two_exceptions_leave_the_parser_of_commands():
    commands = [
        b'{"command":"speed","speed":5}',
        b'{"command":"advance","order":"ord_1"}',
        b'{"command":"announce","title":"t","body":"b"}',
    ]

    def check(changer):
        try:
            parse_command(changer.json(changer.choice(commands)))
        except MalformedCommand:
            pass
        except CommandRejected as error:
            assert isinstance(error.field, str)

    fuzz(check)


def test_only_unreadable_envelope_leaves_the_decoder_of_the_clusters_bus():
    messages = [
        bus_messages.Hello(),
        bus_messages.NodeLeft(),
        bus_messages.UserConnectionCounts({"olena": 2}, is_all=True),
        bus_messages.UserCountsRequest("node-2"),
        bus_messages.QueryResponse(7, b"{}"),
        bus_messages.TenantReport(
            "shop", {"public:news": bus_messages.ChannelReach(1, [(5, 1)])}, events_left_out=1
        ),
    ]
    envelope = bus_messages.encode(bus_messages.BusEnvelope("node-1", 3, messages))

    def check(changer):
        try:
            decoded, unreadable = bus_messages.decode(changer.msgpack(envelope))
        except bus_messages.UnreadableEnvelope:
            return
        assert (len(decoded.messages), unreadable) >= (0, 0)

    fuzz(check)


def test_only_unreadable_publications_leaves_the_decoder_of_redis_streams():
    stored = [
        streams.StoredPublication(str(to), "notification", b"{}", "shop", 1.5, True, "user:a", "c")
        for to in (Channel.parse("order:ord_1", "shop"), EVERYONE)
    ]
    entries = [msgspec.msgpack.encode(each) for each in stored]

    def check(changer):
        run = b"".join(
            b"%d:%b" % (len(entry), entry)
            for entry in (changer.choice([changer.msgpack, bytes])(each) for each in entries)
        )
        data = changer.choice([bytes, changer.text])(b"5f3a9c01 41 " + run)
        try:
            found = streams.decode_publications(data)
        except streams.UnreadablePublications:
            return
        assert all(isinstance(each, Publication) for each in found)

    fuzz(check)


CATALOGUE = ["warehouses.toml", "categories.toml", "products.jsonl"]


def test_only_invalid_data_file_leaves_the_readers_of_toml_and_json_lines():
    files = {name: read_text(name).encode() for name in CATALOGUE}
    files["products.jsonl"] = b"\n".join(files["products.jsonl"].splitlines()[:3])

    def check(changer):
        changed = changer.choice(CATALOGUE)
        texts = dict(files)
        if changed == "products.jsonl" and changer.random() < 0.7:
            first, *others = files[changed].splitlines()
            texts[changed] = b"\n".join([changer.json(first), *others])
        else:
            texts[changed] = changer.text(files[changed])
        decoded = [texts[name].decode(errors="replace") for name in CATALOGUE]
        with contextlib.suppress(InvalidDataFile):
            parse_catalogue(*decoded, simulator_api.ShopLanguage.UKRAINIAN)

    fuzz(check)


def test_saved_messages_are_read_however_their_file_was_changed(tmp_path, caplog):
    caplog.set_level(logging.CRITICAL)
    lines = (GOLDEN / FILE_NAME).read_bytes().splitlines()
    saved_as_text = json.loads(lines[0]) | {"message": '{"type":\n"x"}'}
    lines.append(json.dumps(saved_as_text).encode())

    def check(changer):
        changed = [changer.choice([bytes, changer.json])(line) for line in lines]
        (tmp_path / FILE_NAME).write_bytes(b"\n".join(changed))
        assert len(SavedMessages(tmp_path).messages()) <= len(b"\n".join(changed).splitlines())

    fuzz(check)


def test_only_invalid_token_leaves_the_verification_of_a_token(secret):
    header = b'{"alg":"HS256","typ":"JWT","kid":"k1"}'
    claims = (
        b'{"user_id":"olena","sub":"olena","tenant_id":"shop","role":"customer","name":"O",'
        b'"exp":4102444800,"iat":1700000000,"nbf":1,"tenants":["books"]}'
    )

    async def key(_token):
        return secret

    verifier = JwtVerifier(Settings(jwt_secret=secret), key, lambda _identity: False)

    def check(changer):
        if changer.random() < 0.5:
            token = signed(changer.json(header), claims, secret)
        else:
            token = signed(header, changer.json(claims), secret)
        if changer.random() < 0.2:
            token = changer.text(token.encode()).decode(errors="surrogateescape")
        try:
            identity = asyncio.run(verifier.verify(token))
        except InvalidToken:
            return
        assert identity.issued_at <= time.time() + 3600  # a number, so that it can be revoked
        codec.encode_json(identity)

    fuzz(check)


def signed(header, claims, secret):
    """Sign what may be no JSON: the key holder may make mistakes, too."""
    signed_part = b".".join([base64url_encode(header), base64url_encode(claims)])
    signature = jwt.get_algorithm_by_name("HS256")
    return b".".join(
        [signed_part, base64url_encode(signature.sign(signed_part, secret.encode()))]
    ).decode()


def test_whatever_is_fetched_as_keys_a_token_is_refused_or_cannot_be_checked(caplog):
    caplog.set_level(logging.CRITICAL)
    keys = (
        b'{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"k1","use":"sig"},{"kty":"EC","crv":"P-256"}]}'
    )
    token = jwt.encode({"exp": 1}, "x" * 32, headers={"kid": "k2"})

    def check(changer):
        async def fetch():
            try:
                return json.loads(changer.json(keys))
            except RecursionError:
                return []

        ticking = itertools.count(0, 1000)
        with pytest.raises((jwt.PyJWTError, KeysUnavailable)):
            asyncio.run(JwksKeys(fetch, lambda: float(next(ticking))).get(token))

    fuzz(check)
