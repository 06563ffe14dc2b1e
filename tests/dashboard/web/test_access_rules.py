"""Hosts, origins, tokens and cookies of the workbench."""

import pytest

from dashboard.web.access_rules import (
    AccessAttempt,
    AccessDenied,
    AccessGranted,
    AccessRules,
    LeaveTokenOut,
    is_host_name,
)

PORT = 8501
TOKEN, COOKIE_VALUE = "token-of-this-run", "cookie-of-this-run"
COOKIE = ("workbench_8501", COOKIE_VALUE)


def attempt(path="/", **changes):
    return AccessAttempt(**{"port": PORT, "path": path, "hosts": ["127.0.0.1:8501"], **changes})


def open_page(path="/", query="", **changes):
    return attempt(path, query=query, can_redirect=True, **changes)


def signed_in(path="/", **changes):
    return attempt(path, cookies=dict([COOKIE]), **changes)


@pytest.fixture
def rules():
    return AccessRules(TOKEN, COOKIE_VALUE, ["Workbench.example.com"])


@pytest.fixture
def open_rules():
    return AccessRules(TOKEN, COOKIE_VALUE, is_required=False)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8501",
        "localhost:8501",
        "LocalHost",
        "[::1]:9000",  # a tunnel may begin at another port
        "workbench.example.com",
    ],
)
def test_its_own_hosts_are_answered_at_any_port(rules, host):
    assert rules.decide(signed_in(hosts=[host])) == AccessGranted()


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [""],
        ["evil.test:8501"],
        ["127.0.0.1.evil.test:8501"],
        ["evil.test:8501@127.0.0.1:8501"],
        ["127.0.0.1:8501/evil.test"],
        ["localhost:"],
        ["127.0.0.1:8501", "evil.test"],
    ],
)
def test_no_other_host_is_answered(rules, open_rules, hosts):
    assert rules.decide(signed_in(hosts=hosts)) is AccessDenied.HOST
    assert open_rules.decide(attempt(hosts=hosts)) is AccessDenied.HOST


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8501", "http://127.0.0.1:8501"),
        ("workbench.example.com", "https://workbench.example.com"),
    ],
)
def test_its_own_pages_may_send_requests(rules, host, origin):
    assert rules.decide(signed_in(hosts=[host], origins=[origin])) == AccessGranted()


@pytest.mark.parametrize(
    "origins",
    [
        ["http://evil.test"],
        ["http://127.0.0.1:3000"],
        ["http://localhost:8501"],
        ["null"],
        [""],
        ["chrome-extension://127.0.0.1:8501"],
        ["http://127.0.0.1:8501", "http://evil.test"],
    ],
)
@pytest.mark.parametrize("path", ["/", "/_stcore/health"])
def test_pages_of_other_origins_may_not(rules, open_rules, origins, path):
    assert rules.decide(signed_in(path, origins=origins)) is AccessDenied.ORIGIN
    assert open_rules.decide(attempt(path, origins=origins)) is AccessDenied.ORIGIN


def test_who_has_neither_token_nor_cookie_is_not_signed_in(rules):
    assert rules.decide(open_page()) is AccessDenied.NOT_SIGNED_IN


@pytest.mark.parametrize(
    "cookies",
    [
        {"workbench_8501": ""},
        {"workbench_8501": "cookie-of-the-last-run"},
        {"workbench_8501": "кукі"},
        {"workbench_8502": COOKIE_VALUE},
        {"workbench_8501": TOKEN},
    ],
)
def test_only_the_cookie_of_this_run_and_port_signs_in(rules, cookies):
    assert rules.decide(attempt(cookies=cookies)) is AccessDenied.NOT_SIGNED_IN


@pytest.mark.parametrize(
    ("path", "query", "location"),
    [
        ("/", f"token={TOKEN}", "./"),
        ("/explorer", f"token={TOKEN}", "./explorer"),
        ("/explorer", f"text=%24.a+b&token={TOKEN}&text=&x", "./explorer?text=%24.a+b&text=&x"),
        ("/", f"%74oken={TOKEN}&window=5m", "./?window=5m"),
        ("/a/b", f"token=old&token={TOKEN}", "./b"),
        ("//evil.test", f"token={TOKEN}", "./evil.test"),
        ("/\\evil.test", f"token={TOKEN}", "./%5Cevil.test"),
        ("/https://evil.test/", f"token={TOKEN}", "./"),
    ],
)
def test_the_token_is_exchanged_for_the_cookie_and_leaves_the_rest(rules, path, query, location):
    assert rules.decide(open_page(path, query)) == LeaveTokenOut(location, COOKIE)


@pytest.mark.parametrize("token", ["", "token-of-the-last-run", "%D0%BA", TOKEN[:-1], COOKIE_VALUE])
def test_another_token_does_not_sign_in(rules, token):
    assert rules.decide(open_page("/", f"token={token}")) is AccessDenied.NOT_SIGNED_IN


def test_an_old_token_leaves_the_address_of_who_is_signed_in(rules):
    again = open_page("/", "token=old&window=5m", cookies=dict([COOKIE]))

    assert rules.decide(again) == LeaveTokenOut("./?window=5m", None)


def test_a_token_signs_in_only_where_a_redirect_is_followed(rules):
    assert rules.decide(attempt(query=f"token={TOKEN}")) is AccessDenied.NOT_SIGNED_IN


def test_the_token_signs_in_any_number_of_browsers(rules):
    for _ in range(3):
        assert rules.decide(open_page("/", f"token={TOKEN}")) == LeaveTokenOut("./", COOKIE)


def test_a_single_use_token_signs_in_once(rules):
    rules.add_single_use_token("once")

    assert rules.decide(open_page("/", "token=once")) == LeaveTokenOut("./", COOKIE)
    assert rules.decide(open_page("/", "token=once")) is AccessDenied.NOT_SIGNED_IN


def test_metrics_also_take_the_token_as_a_bearer_token(rules):
    bearer = f"Bearer {TOKEN}"

    assert rules.decide(attempt("/metrics", authorization=bearer)) == AccessGranted()
    assert rules.decide(attempt("/", authorization=bearer)) is AccessDenied.NOT_SIGNED_IN
    for wrong in ("Bearer", "Bearer old", f"Basic {TOKEN}", TOKEN):
        assert rules.decide(attempt("/metrics", authorization=wrong)) is AccessDenied.NOT_SIGNED_IN


def test_the_health_check_is_open_to_every_host(rules):
    assert rules.decide(attempt("/_stcore/health", hosts=["10.0.0.7:8501"])) == AccessGranted()


def test_no_token_is_needed_if_that_is_set(open_rules):
    assert open_rules.decide(attempt()) == AccessGranted()


@pytest.mark.parametrize("name", ["workbench.example.com", "10.0.0.7", "[fe80::1]", "my_host"])
def test_a_host_name_is_a_name_or_an_address(name):
    assert is_host_name(name)


@pytest.mark.parametrize(
    "name", ["", "http://host", "host:80", "host/path", "*.example.com", "::1"]
)
def test_anything_more_is_not(name):
    assert not is_host_name(name)
