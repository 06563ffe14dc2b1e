"""Minted tokens carry the protocol's claims."""

import jwt

from client.tokens import mint

SECRET = "a secret of at least thirty-two bytes"


def claims(token, **options):
    return jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_exp": False})


def test_says_who_where_in_what_role_and_how_long():
    token = mint(
        SECRET, user_id="u1", tenant_id="shop", role="agent", name="Оля", lifetime_s=60, now=1000.7
    )

    assert claims(token) == {
        "user_id": "u1",
        "tenant_id": "shop",
        "role": "agent",
        "name": "Оля",
        "iat": 1000,
        "exp": 1060,
    }


def test_leaves_out_what_is_not_given():
    assert {"role", "name"}.isdisjoint(claims(mint(SECRET, user_id="u1", tenant_id="shop")))


def test_is_valid_now():
    token = mint(SECRET, user_id="u1", tenant_id="shop")

    assert jwt.decode(token, SECRET, algorithms=["HS256"])["user_id"] == "u1"
