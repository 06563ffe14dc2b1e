"""The server's settings, their defaults and their validation.  Reads no environment."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct, field

from common.env_settings import InvalidSettings
from server.websocket.send_queue import MAX_TRANSPORT_BUFFER

Port = Annotated[int, Meta(ge=0, le=65535)]
PositiveInt = Annotated[int, Meta(ge=1)]
LOOPBACK_HOSTS = ("127.0.0.1", "localhost")


class Settings(Struct, frozen=True, kw_only=True):
    """All settings of the server; the defaults of limits are those of docs/protocol.md."""

    host: Annotated[str, Meta(description="Address to listen on")] = "127.0.0.1"
    port: Annotated[Port, Meta(description="Port to listen on; 0 takes a free one")] = 8080
    dashboard_port: Annotated[
        Port, Meta(description="Port of the workbench, whose pages may connect")
    ] = 8501
    allowed_origins: Annotated[
        tuple[str, ...],
        Meta(
            description="Origins of pages that may connect",
            extra={"default": "own and workbench's"},
        ),
    ] = ()
    data_dir: Annotated[str, Meta(description="Folder of the database")] = "./data"

    jwt_secret: Annotated[
        str, Meta(description="HS256 secret, 32 bytes or more: openssl rand -hex 32")
    ] = ""
    jwt_algorithm: Annotated[
        Literal["HS256", "RS256", "ES256"], Meta(description="The only algorithm accepted")
    ] = "HS256"
    jwt_key_file: Annotated[str, Meta(description="PEM file of the public key")] = ""
    jwt_jwks_url: Annotated[str, Meta(description="Address of the public keys")] = ""
    jwt_issuer: Annotated[str, Meta(description="Required `iss`")] = ""
    jwt_audience: Annotated[str, Meta(description="Required `aud`")] = ""
    tokens_without_role: Annotated[
        Literal["allow_tenant_channel", "refuse", "document"],
        Meta(description="A token without a role may join `tenant:{tenant_id}`, or is refused"),
    ] = "allow_tenant_channel"  # "document" is its former name, accepted for one release

    clock_skew_s: Annotated[
        float, Meta(ge=0, description="How far an issuer's clock may be ahead: `iat`, `nbf`")
    ] = 5.0

    message_bytes: Annotated[PositiveInt, Meta(description="Longest message in")] = 4096
    subscriptions_per_connection: Annotated[
        PositiveInt, Meta(description="Subscriptions of one connection")
    ] = 100
    messages_per_second: Annotated[
        PositiveInt, Meta(description="Messages in per second, sustained")
    ] = 50
    message_burst: Annotated[PositiveInt, Meta(description="Messages in, at once")] = 100
    chat_messages_per_second: Annotated[
        float, Meta(gt=0, description="Chat messages of one customer per second, sustained")
    ] = 1.0
    replay_kb_per_second: Annotated[
        PositiveInt,
        Meta(description="KB replayed to one connection per second, but for each channel's first"),
    ] = 256
    connections_per_user: Annotated[PositiveInt, Meta(description="Connections of one user")] = 20
    connections_per_address: Annotated[
        PositiveInt, Meta(description="Connections of one IP address")
    ] = 1000
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(description="Addresses of proxies whose X-Forwarded-For names the client"),
    ] = ()
    connections: Annotated[PositiveInt, Meta(description="Connections in all")] = 20_000
    send_queue_bytes: Annotated[
        int, Meta(ge=MAX_TRANSPORT_BUFFER, description="Bytes that may be queued for one client")
    ] = field(default=1 << 20, name="outbox_bytes")
    send_queues_bytes: Annotated[
        PositiveInt, Meta(description="Bytes that may be queued for all clients together")
    ] = 1 << 28
    stall_timeout_s: Annotated[
        float, Meta(gt=0, description="A client that takes nothing for this long is closed")
    ] = 30.0
    auth_timeout_s: Annotated[
        float, Meta(gt=0, description="Time to sign in or join a public channel")
    ] = 10.0

    probe_lifetime_s: Annotated[
        float, Meta(ge=0, description="How long an answer of /readyz and /metrics is reused")
    ] = 1.0

    node: Annotated[
        str,
        Meta(
            description="Name of this node, unique in a cluster",
            extra={"default": "host, in a cluster host:port"},
        ),
    ] = ""
    redis_url: Annotated[
        str,
        Meta(
            description="Broker and store of a cluster: redis://host:6379/0",
            extra={"default": "embedded"},
        ),
    ] = ""
    redis_prefix: Annotated[
        str, Meta(pattern=r"^[^{}\s]*$", description="Prefix of the names of all keys and channels")
    ] = "workbench:"
    redis_sharded: Annotated[
        bool, Meta(description="Whether it is a Redis Cluster: sharded Pub/Sub")
    ] = False
    broker_timeout_s: Annotated[
        float, Meta(gt=0, description="Timeout of a request to Redis or to a locked database")
    ] = 2.0
    node_timeout_s: Annotated[
        float, Meta(gt=0, description="A node without a heartbeat for this long counts as gone")
    ] = 3.5
    history_messages: Annotated[
        PositiveInt, Meta(description="Messages kept per channel for recoverable subscriptions")
    ] = 1000
    history_s: Annotated[float, Meta(gt=0, description="How long these messages are kept")] = 600.0

    order_retention_days: Annotated[
        float, Meta(gt=0, description="An order without news for so many days is forgotten")
    ] = 30.0

    def validate(self) -> None:
        """Check what involves more than one setting.

        Raises:
            InvalidSettings: there is no key to verify tokens with, or one that does not fit.
        """
        problems = []
        if self.jwt_algorithm == "HS256":
            if len(self.jwt_secret.encode()) < 32:
                problem = "is shorter than 32 bytes" if self.jwt_secret else "is not set"
                problems.append(
                    f"WORKBENCH_JWT_SECRET {problem}: `make demo` writes one into .env, "
                    "or put there what `openssl rand -hex 32` prints"
                )
            if self.jwt_key_file or self.jwt_jwks_url:
                problems.append(
                    "WORKBENCH_JWT_KEY_FILE and WORKBENCH_JWT_JWKS_URL are of no use with HS256, "
                    "which has one secret: set WORKBENCH_JWT_ALGORITHM, or remove them"
                )
        elif bool(self.jwt_key_file) == bool(self.jwt_jwks_url):
            problems.append(
                f"{self.jwt_algorithm} needs one of WORKBENCH_JWT_KEY_FILE and "
                "WORKBENCH_JWT_JWKS_URL: it says where the public key is"
            )
        if self.redis_url and urlsplit(self.redis_url).scheme not in ("redis", "rediss", "unix"):
            problems.append(
                "WORKBENCH_REDIS_URL is not the address of a Redis: write redis://host:6379/0, "
                "rediss:// for TLS or unix:///path"
            )
        if problems:
            raise InvalidSettings(problems)

    def origins_for(self, port: int) -> frozenset[str]:
        """Return the origins of pages that may connect to a server that listens on ``port``."""
        if self.allowed_origins:
            return frozenset(self.allowed_origins)
        hosts = {*LOOPBACK_HOSTS, self.host}
        return frozenset(f"http://{h}:{p}" for h in hosts for p in (port, self.dashboard_port))
