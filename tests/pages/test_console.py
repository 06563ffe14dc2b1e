"""The Console in a real browser, on real connections: one for each tab and persona.

Opening a page costs most: a test checks what one person does on one page.
"""

import re

from playwright.sync_api import expect

from conformance.cases import ALL_CASES


def wire(page):
    """The sequence of the last frames."""
    return page.locator(".wire")


def connection(page):
    """The state of the page's own connection."""
    return page.locator(".st-key-fit-connection")


def editor(page):
    return page.locator(".st-key-draft textarea")


def write(page, text):
    editor(page).fill(text)
    editor(page).press("Control+Enter")


def choose_template(page, name):
    # The list before is there until the run has ended that replaced it after another text.
    expect(page.locator(".st-key-template input")).to_have_count(1)
    page.locator(".st-key-template input").fill(name)
    page.get_by_role("option", name=name, exact=True).click()


def test_requests_and_publications_are_answered_and_shown_as_the_filter_in_the_address_says(
    open_page,
):
    page = open_page("console?template=ping&frames=p")
    expect(connection(page)).to_contain_text("signed in as user_1 · customer · shop")

    page.get_by_role("button", name="Send").click()

    expect(wire(page)).to_contain_text('ping "r1"')
    expect(wire(page)).to_contain_text(re.compile(r'pong "r1"\s*[\d.]+ ms'))
    expect(editor(page)).to_have_value(re.compile('"id": "r2"'))
    expect(wire(page)).not_to_contain_text("auth_success")

    page.locator(".st-key-frames-toolbar input").first.fill("")
    choose_template(page, "publish notification")
    page.get_by_role("button", name="Publish").click()

    expect(wire(page)).to_contain_text("auth_success")
    expect(wire(page)).to_contain_text("HTTP 200")
    expect(wire(page)).to_contain_text("notification")


def test_typed_text_is_checked_stays_and_is_sent_unchanged_until_the_template_is_restored(
    open_page, ticks
):
    page = open_page("console?persona=customer-2&template=publish%20new_order")
    schema = page.locator(".st-key-schema")
    schema.evaluate("pane => pane.scrollTop = pane.scrollHeight")

    editor(page).fill('{"type": "chat_message",}')

    expect(page.locator(".st-key-json-check")).to_contain_text("Line 1, column 24")
    expect(schema).to_contain_text("Schema of chat_message")
    expect(schema).to_have_js_property("scrollTop", 0)
    expect(page.locator(".json-layer .wrong")).to_have_text(",")

    editor(page).fill('{\n  "type": "ping",')
    editor(page).press("Enter")
    expect(editor(page)).to_have_value('{\n  "type": "ping",\n  ')  # indented as the line before

    editor(page).fill('{"type": "dance", "id": "mine"}')
    ticks(page, 3)

    expect(editor(page)).to_have_value('{"type": "dance", "id": "mine"}')
    editor(page).press("Control+Enter")
    expect(wire(page)).to_contain_text('dance "mine"')
    expect(wire(page)).to_contain_text('error "mine"')

    choose_template(page, "ping")
    editor(page).fill('{"type": "ping", "id": "edited"}')
    page.get_by_role("button", name="Restore the template").click()

    expect(editor(page)).to_have_value(re.compile(r'^\{\n  "type": "ping"'))

    page.get_by_role("button", name="Disconnect").click()
    page.get_by_role("button", name="Use the template").click()

    expect(editor(page)).to_have_value(re.compile('"recoverable": true'))
    expect(page.locator(".st-key-json-check")).to_contain_text("was not recoverable")


def test_a_closed_connection_shows_its_code_and_reconnects_on_sending(open_page):
    page = open_page("console?persona=visitor")
    write(page, '{"type": "chat_message", "payload": {"content": "%s"}}' % ("x" * 4096))

    expect(connection(page)).to_contain_text(re.compile("closed.*close 1009"))
    write(page, '{"type": "ping", "id": "again"}')

    expect(wire(page)).to_contain_text('pong "again"')
    expect(connection(page)).to_contain_text("not signed in")


def test_the_conformance_tests_pass_and_explain_the_close_code(open_page, row_of):
    page = open_page("console?console=conformance")

    page.get_by_role("button", name="Run all").click()

    # All but the two that wait for a deadline of the server's, 10 s and 27 s away.
    enough = "|".join(str(len(ALL_CASES) - late) for late in range(3))
    passed = re.compile(rf"\b({enough}) of {len(ALL_CASES)} passed")
    expect(page.get_by_text(passed)).to_be_visible()
    row_of(page.locator(".st-key-conformance-groups"), "4097 bytes").click()
    expect(wire(page)).to_contain_text("close 1009")
    expect(page.get_by_text("a message over the size limit")).to_be_visible()
