"""Settings of the simulator: defaults and validation."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from common.env_settings import InvalidSettings
from protocol.channels import is_valid_key
from protocol.simulator_api import MAX_PUBLICATION_RATE, ShopLanguage

MIN_SECRET_BYTES = 32  # as in the server


class ShopSettings(Struct, frozen=True, kw_only=True):
    """Settings of the shop; a dry run needs no others."""

    tenant: Annotated[str, Meta(description="Tenant of the shop")] = "shop"
    seed: Annotated[int, Meta(description="The same seed gives the same shop")] = 7
    rate: Annotated[
        float,
        Meta(gt=0, le=MAX_PUBLICATION_RATE, description="Mean number of publications per second"),
    ] = 20.0
    customers: Annotated[
        int, Meta(ge=0, le=1000, description="Number of customers with a WebSocket")
    ] = 25
    shop_language: Annotated[
        ShopLanguage, Meta(description="Language of the shop's products, names and texts: uk or en")
    ] = ShopLanguage.UKRAINIAN

    def check(self) -> None:
        """Validate what types cannot express.

        Raises:
            InvalidSettings: the tenant is not a valid channel key.
        """
        if not is_valid_key(self.tenant):
            raise InvalidSettings(
                ["WORKBENCH_TENANT is not valid: use letters, digits, underscore, dot and hyphen"]
            )


class Settings(ShopSettings, frozen=True, kw_only=True):
    """All settings: the shop, the server, its secret, and the control API."""

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
        """Validate what types cannot express.

        Raises:
            InvalidSettings: the tenant is not a valid channel key, or the secret is too short.
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
        """URL of the server, without a trailing slash."""
        return self.server_url.rstrip("/")

    @property
    def ws_url(self) -> str:
        """URL of the server's WebSocket endpoint."""
        return f"ws{self.http_url.removeprefix('http')}/ws"
