"""The server's settings, their defaults and what is valid; reads nothing by itself."""

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
    """Everything an operator may choose.

    The limits' defaults come from the user's document (4096 bytes) and the protocol page.
    """

    host: Annotated[str, Meta(description="Address to listen on")] = "127.0.0.1"
    port: Annotated[Port, Meta(description="Port to listen on; 0 takes a free one")] = 8080
    dashboard_port: Annotated[Port, Meta(description="Whose pages may connect")] = 8501
    allowed_origins: Annotated[
        tuple[str, ...], Meta(description="Origins of pages that may connect [own and dashboard's]")
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

    message_bytes: Annotated[PositiveInt, Meta(description="Longest message in")] = 4096
    subscriptions_per_connection: Annotated[PositiveInt, Meta(description="Channels joined")] = 100
    messages_per_second: Annotated[PositiveInt, Meta(description="Messages in, sustained")] = 50
    message_burst: Annotated[PositiveInt, Meta(description="Messages in, at once")] = 100
    connections_per_user: Annotated[PositiveInt, Meta(description="Sockets of one user")] = 20
    connections: Annotated[PositiveInt, Meta(description="Sockets in all")] = 20_000
    outbox_bytes: Annotated[
        int, Meta(ge=MAX_TRANSPORT_BUFFER, description="Bytes that may wait for one client")
    ] = field(default=1 << 20, name="outbox_bytes")
    auth_timeout_s: Annotated[
        float, Meta(gt=0, description="To sign in or join a public channel")
    ] = 10.0

    node: Annotated[
        str, Meta(description="Name of this node, unlike the others' [host, port in a cluster]")
    ] = ""
    redis_url: Annotated[
        str, Meta(description="Broker and store of a cluster: redis://host:6379/0 [embedded]")
    ] = ""
    redis_prefix: Annotated[
        str, Meta(pattern=r"^[^{}\s]*$", description="Begins the name of every key and channel")
    ] = "workbench:"
    redis_sharded: Annotated[
        bool, Meta(description="Whether it is a Redis Cluster: sharded Pub/Sub")
    ] = False
    broker_timeout_s: Annotated[
        float, Meta(gt=0, description="Patience with Redis or a locked database, a request")
    ] = 2.0
    node_timeout_s: Annotated[
        float, Meta(gt=0, description="A node without a sign of life for so long counts as gone")
    ] = 3.5
    history_messages: Annotated[
        PositiveInt, Meta(description="What a recoverable subscription looks back on, a channel")
    ] = 1000
    history_s: Annotated[float, Meta(gt=0, description="And for how long")] = 600.0

    def validate(self) -> None:
        """Check what no single field shows.

        Raises:
            Misconfigured: there is no key to verify tokens with, or one that does not fit.
        """
        problems = []
        if self.jwt_algorithm == "HS256":
            if len(self.jwt_secret.encode()) < 32:
                what = "is shorter than 32 bytes" if self.jwt_secret else "is not set"
                problems.append(
                    f"WORKBENCH_JWT_SECRET {what}: `make demo` writes one into .env, "
                    "or put there what `openssl rand -hex 32` prints"
                )
        elif bool(self.jwt_key_file) == bool(self.jwt_jwks_url):
            problems.append(
                f"{self.jwt_algorithm} needs one of WORKBENCH_JWT_KEY_FILE and "
                "WORKBENCH_JWT_JWKS_URL: it says where the public key is"
            )
        if self.redis_url and urlsplit(self.redis_url).scheme not in ("redis", "rediss", "unix"):
            problems.append(
                "WORKBENCH_REDIS_URL is no address of a Redis: write redis://host:6379/0, "
                "rediss:// for TLS or unix:///path"
            )
        if problems:
            raise InvalidSettings(problems)

    def origins_for(self, port: int) -> frozenset[str]:
        """Return whose pages may open a socket on a server that listens on ``port``."""
        if self.allowed_origins:
            return frozenset(self.allowed_origins)
        hosts = {*LOOPBACK_HOSTS, self.host}
        return frozenset(f"http://{h}:{p}" for h in hosts for p in (port, self.dashboard_port))
