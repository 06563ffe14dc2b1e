"""Personas a tab can act as; the server decides their permissions.

Their sockets are in ``sockets.persona_socket``.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from client.tokens import DEFAULT_LIFETIME_S, mint
from common.text_markers import N_
from dashboard.settings import Settings
from protocol.simulator_api import ShopLanguage

OTHER_TENANT = "books"


class Persona(Struct, frozen=True):
    """A user the workbench can act as; also the cache key of its socket.

    An empty ``tenant`` is the one of the settings.  Without ``user_id`` no token is sent.
    A negative lifetime (seconds) makes an expired token.
    """

    user_id: str
    role: str = "customer"
    name: str = ""
    tenant: str = ""
    lifetime_s: float = DEFAULT_LIFETIME_S

    @property
    def is_anonymous(self) -> bool:
        """Whether the persona connects without a token."""
        return not self.user_id

    @property
    def is_staff(self) -> bool:
        """Whether the persona is shop staff and receives all customer chats."""
        return self.role in ("agent", "admin")

    def token(self, settings: Settings) -> str:
        """Sign a token of the persona.

        Raises:
            ValueError: the persona is anonymous.
        """
        if self.is_anonymous:
            raise ValueError("an anonymous visitor has no token")
        return self._sign(settings, self.lifetime_s)

    def fresh_token(self, settings: Settings) -> str:
        """Sign a valid token of the persona's user; a visitor signs in as the first customer."""
        if self.is_anonymous:
            return CUSTOMER.token(settings)
        is_valid = self.lifetime_s > 0
        return self._sign(settings, self.lifetime_s if is_valid else DEFAULT_LIFETIME_S)

    def _sign(self, settings: Settings, lifetime_s: float) -> str:
        return mint(
            settings.jwt_secret,
            user_id=self.user_id,
            tenant_id=self.tenant or settings.tenant,
            role=self.role,
            name=self.name or None,
            lifetime_s=lifetime_s,
        )


# The first two are customers of the simulated shop, under the names that it gives them.
CUSTOMER = Persona("user_1", name="Володимир Левицький")
SECOND_CUSTOMER = Persona("user_2", name="Сергій Яворський")
AGENT = Persona("agent_1", "agent", "Марія")
ADMIN = Persona("admin_1", "admin", "Ірина")
ANONYMOUS = Persona("")
EXPIRED_CUSTOMER = Persona("user_1", name="Володимир Левицький", lifetime_s=-60)
SHORT_LIVED_CUSTOMER = Persona("user_1", name="Володимир Левицький", lifetime_s=60)
OTHER_TENANT_CUSTOMER = Persona("user_1", name="Том", tenant=OTHER_TENANT)

PERSONAS = {  # by the name in the URL
    "customer": CUSTOMER,
    "customer-2": SECOND_CUSTOMER,
    "agent": AGENT,
    "admin": ADMIN,
    "visitor": ANONYMOUS,
    "expired": EXPIRED_CUSTOMER,
    "short-lived": SHORT_LIVED_CUSTOMER,
    "other-tenant": OTHER_TENANT_CUSTOMER,
}
LABELS = {
    "customer": N_("{name} · customer"),
    "customer-2": N_("{name} · customer"),
    "agent": N_("{name} · agent"),
    "admin": N_("{name} · admin"),
    "visitor": N_("Visitor · no token"),
    "expired": N_("Expired token"),
    "short-lived": N_("60-second token"),
    "other-tenant": N_("{name} · another shop"),
}
"""Templates of the personas' labels; ``{name}`` is the first name."""
ENGLISH_NAMES = {
    "Володимир Левицький": "Volodymyr Levytskyi",
    "Сергій Яворський": "Serhii Yavorskyi",
    "Марія": "Mariia",
    "Ірина": "Iryna",
    "Том": "Tom",
}


def in_language(persona: Persona, language: ShopLanguage) -> Persona:
    """Return a persona under its name in a shop of this language."""
    if language is ShopLanguage.ENGLISH:
        return replace(persona, name=ENGLISH_NAMES.get(persona.name, persona.name))
    return persona
