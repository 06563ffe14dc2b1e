"""The dashboard's settings: types, defaults and validation."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

from msgspec import Meta, Struct

from common.env_settings import InvalidSettings
from dashboard.web.access_rules import is_host_name
from protocol.channels import is_valid_key

Port = Annotated[int, Meta(ge=0, le=65535)]
MIN_SECRET_BYTES = 32  # as HS256 requires


class Settings(Struct, frozen=True, kw_only=True):
    """All settings of the dashboard."""

    jwt_secret: Annotated[
        str,
        Meta(description="HS256 secret of the server, 32 bytes or more; signs the feed's token"),
    ]
    server_url: Annotated[str, Meta(description="URL of the server")] = "http://127.0.0.1:8080"
    tenant: Annotated[str, Meta(description="Tenant whose traffic is shown")] = "shop"
    simulator_url: Annotated[str, Meta(description="URL of the simulator's control API")] = (
        "http://127.0.0.1:8090"
    )
    dashboard_port: Annotated[Port, Meta(description="Port of the pages")] = 8501
    dashboard_hosts: Annotated[
        tuple[str, ...],
        Meta(description="Host names of the pages behind proxies, besides localhost and 127.0.0.1"),
    ] = ()
    dashboard_auth: Annotated[
        bool, Meta(description="Whether a browser must open the printed address to sign in")
    ] = True
    data_dir: Annotated[
        str, Meta(description="Folder for saved messages, learners and own lessons")
    ] = "./data"

    def check(self) -> None:
        """Check what the types do not express.

        Raises:
            InvalidSettings: with every problem.
        """
        problems = []
        if len(self.jwt_secret.encode()) < MIN_SECRET_BYTES:
            problems.append(
                f"WORKBENCH_JWT_SECRET is shorter than {MIN_SECRET_BYTES} bytes: "
                "use the server's secret"
            )
        if not is_valid_key(self.tenant):
            problems.append("WORKBENCH_TENANT is not valid: letters, digits, `_`, `.` and `-`")
        for name, url in (("SERVER", self.server_url), ("SIMULATOR", self.simulator_url)):
            if not _is_http(url):
                problems.append(f"WORKBENCH_{name}_URL is not an http:// or https:// address")
        problems += [
            f"WORKBENCH_DASHBOARD_HOSTS: `{name}` is not a host name without scheme, port and path"
            for name in self.dashboard_hosts
            if not is_host_name(name)
        ]
        if problems:
            raise InvalidSettings(problems)

    @property
    def socket_url(self) -> str:
        """The URL of the server's WebSocket."""
        url = urlsplit(self.server_url)
        scheme = "wss" if url.scheme == "https" else "ws"
        return urlunsplit((scheme, url.netloc, url.path.rstrip("/") + "/ws", "", ""))

    @property
    def server_address(self) -> str:
        """The server's host and port."""
        return urlsplit(self.server_url).netloc


def _is_http(address: str) -> bool:
    try:
        url = urlsplit(address)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:  # the port is not a number
        return False
