"""Verifying tokens with each kind of key."""

import json
import time
from types import SimpleNamespace

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from common.env_settings import InvalidSettings, load_settings
from server.auth import jwt_verifier
from server.auth.identity import InvalidToken, Role
from server.auth.jwt_verifier import JwtVerifier, make_verifier
from server.settings import Settings

CLAIMS = {"user_id": "olena", "tenant_id": "shop", "role": "customer", "name": "Олена"}


def claims(**more):
    return {**CLAIMS, "exp": int(time.time()) + 60, **more}


def pem(private_key):
    return private_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


KEYS = {
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
}


async def test_the_identity_is_what_the_claims_say(secret):
    verifier = make_verifier(Settings(jwt_secret=secret))

    who = await verifier.verify(jwt.encode(claims(iat=5), secret))

    assert (who.user_id, who.tenant_id, who.role, who.name) == (
        "olena", "shop", Role.CUSTOMER, "Олена",
    )  # fmt: skip
    assert who.issued_at == 5


async def test_the_standard_subject_names_the_user_too(secret):
    verifier = make_verifier(Settings(jwt_secret=secret))

    who = await verifier.verify(jwt.encode({"sub": "olena", "exp": time.time() + 60}, secret))

    assert (who.user_id, who.tenant_id, who.role, who.name) == (
        "olena", "", Role.NONE, "olena",
    )  # fmt: skip


async def test_a_revoked_token_is_as_bad_as_any(secret):
    verifier = make_verifier(Settings(jwt_secret=secret), lambda who: who.issued_at < 5)

    assert await verifier.verify(jwt.encode(claims(iat=5), secret))
    with pytest.raises(InvalidToken, match=r"^Invalid or expired token$"):
        await verifier.verify(jwt.encode(claims(iat=4), secret))


@pytest.mark.parametrize("claim", ["iat", "nbf"])
async def test_an_issuers_clock_may_be_ahead_by_the_allowed_skew(secret, claim):
    verifier = make_verifier(Settings(jwt_secret=secret, clock_skew_s=60.0))

    def token_of(at):
        return jwt.encode(claims(**{claim: at}), secret)

    assert await verifier.verify(token_of(int(time.time()) + 30))
    for too_far in (int(time.time()) + 90, 4_070_908_800, float("nan"), float("inf")):
        with pytest.raises(InvalidToken):
            await verifier.verify(token_of(too_far))


@pytest.mark.parametrize(
    ("tenants", "expected"),
    [(None, set()), ("*", {"*"}), (["books", "toys"], {"books", "toys"}), ([], set())],
)
async def test_a_service_may_act_for_the_tenants_of_its_token(secret, tenants, expected):
    verifier = make_verifier(Settings(jwt_secret=secret))
    service = claims(role="service", tenants=tenants)

    assert (await verifier.verify(jwt.encode(service, secret))).other_tenants == expected
    customer = await verifier.verify(jwt.encode(service | {"role": "customer"}, secret))
    assert customer.other_tenants == set()


@pytest.mark.parametrize("tenants", ["books", [7], ["a b"], [""], {"books": 1}, True])
async def test_a_service_with_no_list_of_tenants_has_no_valid_token(secret, tenants):
    verifier = make_verifier(Settings(jwt_secret=secret))

    with pytest.raises(InvalidToken):
        await verifier.verify(jwt.encode(claims(role="service", tenants=tenants), secret))


@pytest.mark.parametrize(
    "odd",
    [{"iat": []}, {"role": []}, {"tenant_id": {}}, {"name": 7, "user_id": None}, {"exp": "x"}],
)
async def test_claims_of_odd_shapes_make_no_identity(secret, odd):
    verifier = make_verifier(Settings(jwt_secret=secret))
    claimed = jwt.utils.base64url_encode(json.dumps(claims() | odd).encode()).decode()
    header = jwt.utils.base64url_encode(b'{"alg":"HS256","typ":"JWT"}').decode()
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = algorithm.sign(f"{header}.{claimed}".encode(), secret.encode())
    token = f"{header}.{claimed}.{jwt.utils.base64url_encode(signature).decode()}"

    with pytest.raises(InvalidToken):
        await verifier.verify(token)


@pytest.mark.parametrize("algorithm", KEYS)
async def test_a_public_key_verifies_what_its_private_key_signed(tmp_path, secret, algorithm):
    key, foreign = KEYS[algorithm](), KEYS[algorithm]()
    file = tmp_path / "key.pem"
    file.write_bytes(pem(key))
    verifier = make_verifier(Settings(jwt_algorithm=algorithm, jwt_key_file=str(file)))

    assert (await verifier.verify(jwt.encode(claims(), key, algorithm))).user_id == "olena"
    for forged in (jwt.encode(claims(), foreign, algorithm), jwt.encode(claims(), secret)):
        with pytest.raises(InvalidToken):
            await verifier.verify(forged)


async def test_a_public_key_is_never_taken_for_a_secret(tmp_path):
    """
    The classic confusion: HS256 with the public key, which everybody knows, as the secret.
    """
    key = KEYS["ES256"]()
    file = tmp_path / "key.pem"
    file.write_bytes(pem(key))
    verifier = make_verifier(Settings(jwt_algorithm="ES256", jwt_key_file=str(file)))
    header, payload = (
        jwt.utils.base64url_encode(part).decode()
        for part in (b'{"alg":"HS256","typ":"JWT"}', b'{"user_id":"olena","exp":9999999999}')
    )
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        f"{header}.{payload}".encode(), pem(key)
    )

    with pytest.raises(InvalidToken):
        await verifier.verify(
            f"{header}.{payload}.{jwt.utils.base64url_encode(signature).decode()}"
        )


@pytest.mark.parametrize(
    ("issuer", "audience", "passes"),
    [("shop", "ws", True), ("other", "ws", False), ("shop", "other", False), (None, None, False)],
)
async def test_issuer_and_audience_are_checked_when_configured(secret, issuer, audience, passes):
    verifier = make_verifier(Settings(jwt_secret=secret, jwt_issuer="shop", jwt_audience="ws"))
    said = {k: v for k, v in {"iss": issuer, "aud": audience}.items() if v}
    token = jwt.encode(claims(**said), secret)

    if passes:
        assert (await verifier.verify(token)).user_id == "olena"
    else:
        with pytest.raises(InvalidToken):
            await verifier.verify(token)


def test_a_key_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidSettings, match="WORKBENCH_JWT_KEY_FILE"):
        make_verifier(Settings(jwt_algorithm="RS256", jwt_key_file=str(tmp_path / "no.pem")))


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n"])
def test_a_key_file_without_a_key_is_found_at_the_start(tmp_path, content):
    file = tmp_path / "key.pem"
    file.write_bytes(content)

    with pytest.raises(InvalidSettings, match="no public key for RS256"):
        make_verifier(Settings(jwt_algorithm="RS256", jwt_key_file=str(file)))


async def test_an_identity_provider_that_is_away_is_not_the_users_fault(serve, secret):
    server = await serve(
        jwt_algorithm="RS256", jwt_secret="", jwt_jwks_url="http://127.0.0.1:9/keys"
    )
    token = jwt.encode(claims(), KEYS["RS256"](), "RS256", headers={"kid": "k1"})

    status, _ = await server.request("GET", "/api/conversations", token)
    client = await server.connect(token)
    reply = await client.next_event()

    assert status == 503
    assert (reply["type"], reply["payload"]["code"]) == ("error", "internal")
    assert await client.close_code() == 1011


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "WORKBENCH_JWT_SECRET is not set"),
        ({"jwt_secret": "short"}, "shorter than 32 bytes"),
        ({"jwt_algorithm": "RS256"}, "WORKBENCH_JWT_KEY_FILE"),
        ({"jwt_secret": "x" * 32, "jwt_key_file": "a"}, "of no use with HS256"),
        ({"jwt_secret": "x" * 32, "jwt_jwks_url": "http://b"}, "of no use with HS256"),
        (
            {"jwt_algorithm": "RS256", "jwt_key_file": "a", "jwt_jwks_url": "http://b"},
            "WORKBENCH_JWT_JWKS_URL",
        ),
    ],
)
def test_settings_without_a_key_are_refused_with_the_cure(settings, problem):
    with pytest.raises(InvalidSettings, match=problem):
        Settings(**settings).validate()


@pytest.mark.parametrize("word", ["allow_tenant_channel", "document"])
async def test_a_token_without_a_role_is_accepted_by_the_setting_and_by_its_former_name(
    secret, word
):
    settings = load_settings(
        Settings, {"WORKBENCH_JWT_SECRET": secret, "WORKBENCH_TOKENS_WITHOUT_ROLE": word}
    )

    identity = await make_verifier(settings).verify(jwt.encode(claims(role=None), secret))

    assert identity.role is Role.NONE


async def test_a_token_without_a_role_is_refused_if_so_configured(secret):
    verifier = make_verifier(Settings(jwt_secret=secret, tokens_without_role="refuse"))

    with pytest.raises(InvalidToken):
        await verifier.verify(jwt.encode(claims(role=None), secret))


class Keys:
    """Gives the key of the settings, and counts how often it was asked."""

    def __init__(self, secret):
        self.secret, self.asked = secret, 0

    async def get(self, token):
        self.asked += 1
        return self.secret


@pytest.mark.parametrize(
    ("lifetime_s", "after_s", "asked"), [(3600, 59, 1), (3600, 61, 2), (30, 28, 1), (30, 31, 2)]
)
async def test_a_token_is_verified_again_after_a_minute_or_its_expiry(
    monkeypatch, secret, lifetime_s, after_s, asked
):
    keys, now = Keys(secret), time.time()
    verifier = JwtVerifier(Settings(jwt_secret=secret), keys.get, lambda identity: False)
    token = jwt.encode(claims(exp=int(now) + lifetime_s), secret, algorithm="HS256")
    await verifier.verify(token)

    monkeypatch.setattr(jwt_verifier, "time", SimpleNamespace(time=lambda: now + after_s))
    await verifier.verify(token)

    assert keys.asked == asked


async def test_of_many_tokens_the_first_is_verified_again(monkeypatch, secret):
    keys = Keys(secret)
    verifier = JwtVerifier(Settings(jwt_secret=secret), keys.get, lambda identity: False)
    monkeypatch.setattr(jwt_verifier, "CACHE_SIZE", 2)
    first, second, third = (
        jwt.encode(claims(user_id=name), secret, algorithm="HS256")
        for name in ("olena", "taras", "ivan")
    )
    for token in (first, second, third):
        await verifier.verify(token)

    for token in (third, second):
        await verifier.verify(token)
    assert keys.asked == 3
    await verifier.verify(first)

    assert keys.asked == 4
