"""The rules that decide who may subscribe to a channel, in words.  Pure."""

from __future__ import annotations

from common.text_markers import N_

RULE_TEXTS = {
    "public": N_("Public channels are open to everyone."),
    "own_user": N_("This is the user's own channel."),
    "owner": N_("The order belongs to this user."),
    "staff": N_("The user is staff of this shop."),
    "admin": N_("The user is an admin of this shop."),
    "tenant_token": N_(
        "The token names this shop but no role; that is enough for the tenant channel."
    ),
    "not_signed_in": N_("The client has not signed in."),
    "expired": N_("The client's token has expired; it gets no access until it sends a new one."),
    "other_user": N_("The channel belongs to another user."),
    "not_owner": N_("The order belongs to another user, and this user is not staff."),
    "not_staff": N_("The channel is for the shop's staff; this user is not staff."),
    "not_admin": N_("The channel is for the shop's admins; this user is not one."),
    "other_tenant": N_("The channel belongs to another shop."),
    "unknown_order": N_("The shop has no order with this id."),
    "malformed": N_(
        "Not a channel name. A channel name is a kind, a colon and a key, such as order:ord_1."
    ),
}
