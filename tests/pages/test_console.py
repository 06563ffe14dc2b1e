"""The Console in a real browser, on real connections: one for each tab and persona."""

import re

from playwright.sync_api import expect

from conformance.cases import ALL_CASES


def wire(page):
    """The sequence of the last frames."""
    return page.locator(".wire")


def connection(page):
    """The state of the page's own connection."""
    return page.locator(".st-key-fit-connection")


def write(page, text):
    editor = page.locator(".st-key-draft textarea")
    editor.fill(text)
    editor.press("Control+Enter")


def test_a_request_is_answered_and_the_reply_is_matched_to_it(open_page):
    page = open_page("console?template=ping")
    expect(connection(page)).to_contain_text("signed in as user_1 · customer · shop")

    page.get_by_role("button", name="Send").click()

    expect(wire(page)).to_contain_text("ping r1")
    expect(wire(page)).to_contain_text(re.compile(r"pong r1\s*[\d.]+ ms"))
    expect(page.locator(".st-key-draft textarea")).to_have_value(re.compile('"id": "r2"'))


def test_typed_text_stays_while_the_page_redraws_and_is_sent_unchanged(open_page, ticks):
    page = open_page("console?persona=customer-2")
    editor = page.locator(".st-key-draft textarea")
    editor.fill('{"type": "dance", "id": "mine"}')

    ticks(page, 3)

    expect(editor).to_have_value('{"type": "dance", "id": "mine"}')
    editor.press("Control+Enter")
    expect(wire(page)).to_contain_text("dance mine")
    expect(wire(page)).to_contain_text("error mine")


def test_the_check_and_the_schema_follow_what_is_typed(open_page):
    page = open_page("console?persona=customer-2")
    editor, check = page.locator(".st-key-draft textarea"), page.locator(".st-key-json-check")

    editor.fill('{"type": "chat_message",}')

    expect(check).to_contain_text("Line 1, column 25")
    expect(page.locator(".st-key-schema")).to_contain_text("Schema of chat_message")
    expect(page.locator(".json-layer .wrong")).to_have_text("}")


def test_a_closed_connection_shows_its_code_and_reconnects_on_sending(open_page):
    page = open_page("console?persona=visitor")
    write(page, '{"type": "chat_message", "payload": {"content": "%s"}}' % ("x" * 4096))

    expect(connection(page)).to_contain_text(re.compile("closed.*close 1009"))
    write(page, '{"type": "ping", "id": "again"}')

    expect(wire(page)).to_contain_text("pong again")
    expect(connection(page)).to_contain_text("not signed in")


def test_a_publication_is_sent_as_a_service_and_reaches_its_subscriber(open_page):
    page = open_page("console?template=publish%20notification")

    page.get_by_role("button", name="Publish").click()

    expect(wire(page)).to_contain_text("HTTP 200")
    expect(wire(page)).to_contain_text("notification")


def test_the_conformance_tests_pass_and_explain_the_close_code(open_page, row_of):
    page = open_page("console?console=trials")

    page.get_by_role("button", name="Run all").click()

    # All but the two that wait for a deadline of the server's, 10 s and 27 s away.
    enough = "|".join(str(len(ALL_CASES) - late) for late in range(3))
    passed = re.compile(rf"\b({enough}) of {len(ALL_CASES)} passed")
    expect(page.get_by_text(passed)).to_be_visible()
    row_of(page.locator(".st-key-conformance-groups"), "4097 bytes").click()
    expect(wire(page)).to_contain_text("close 1009")
    expect(page.get_by_text("The message exceeded the size limit")).to_be_visible()
