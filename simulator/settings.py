"""The simulator's settings, their defaults and what is valid; reads nothing by itself."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from common.env_settings import InvalidSettings
from protocol.channels import is_valid_key

MIN_SECRET_BYTES = 32  # bytes; the server takes no shorter one


class ShopSettings(Struct, frozen=True, kw_only=True):
    """Settings of the shop: all that a dry run needs."""

    tenant: Annotated[str, Meta(description="Tenant of the shop")] = "shop"
    seed: Annotated[int, Meta(description="The same seed gives the same shop")] = 7
    rate: Annotated[
        float, Meta(gt=0, le=5000, description="Mean number of publications per second")
    ] = 20.0
    customers: Annotated[
        int, Meta(ge=0, le=1000, description="Number of customers with a WebSocket")
    ] = 25

    def check(self) -> None:
        """Check what no type shows.

        Raises:
            Misconfigured: the tenant's channel could have no name.
        """
        if not is_valid_key(self.tenant):
            raise InvalidSettings(
                ["WORKBENCH_TENANT is not valid: use letters, digits, underscore, dot and hyphen"]
            )


class Settings(ShopSettings, frozen=True, kw_only=True):
    """All settings: with the server, its secret and the control API."""

    server_url: Annotated[
        str, Meta(pattern=r"^https?://[^/?#]+/?$", description="URL of the server")
    ] = "http://127.0.0.1:8080"
    jwt_secret: Annotated[
        str,
        Meta(description="The server's HS256 secret: `make demo` writes one into .env"),
    ]
    simulator_port: Annotated[
        int, Meta(ge=0, le=65535, description="Port of the control API; 0 picks a free one")
    ] = 8090

    def check(self) -> None:
        """Check what no type shows.

        Raises:
            Misconfigured: the tenant's channel could have no name, or the secret is short.
        """
        super().check()
        if len(self.jwt_secret.encode()) < MIN_SECRET_BYTES:
            raise InvalidSettings(
                [
                    f"WORKBENCH_JWT_SECRET is shorter than {MIN_SECRET_BYTES} bytes: `make demo` "
                    "writes one into .env, or put there what `openssl rand -hex 32` prints"
                ]
            )

    @property
    def http_url(self) -> str:
        """Return the server's address, without a slash at its end."""
        return self.server_url.rstrip("/")

    @property
    def ws_url(self) -> str:
        """Return the address of the server's WebSockets."""
        return f"ws{self.http_url.removeprefix('http')}/ws"
