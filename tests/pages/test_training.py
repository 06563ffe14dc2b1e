"""Training in a real browser: a lesson from its start to its end, as its texts ask for it."""

import re

from playwright.sync_api import expect

LEARNER = "Ada Test"


def step(page):
    """What the step asks for, and what came of it."""
    return page.locator(".st-key-pane-step")


def editor(page):
    return page.locator('[class*="st-key-draft-lesson"] textarea')


def goals_met(page, count):
    expect(step(page).locator(".goals .met")).to_have_count(count)


def send(page, text=None):
    """Send the frame in the editor, as it is or another one."""
    if text is not None:
        editor(page).fill(text)
    editor(page).press("Control+Enter")


def begins(page, title, draft):
    """The step has begun, and its frame is in the editor."""
    expect(step(page).get_by_role("heading", name=title)).to_be_visible()
    expect(editor(page)).to_have_count(1)  # the one of the step before goes once the run has ended
    expect(editor(page)).to_have_value(re.compile(draft))
    expect(page.locator(".st-key-send-lesson button")).to_be_enabled()


def next_step(page):
    step(page).get_by_role("button", name="Next step").click()


def test_a_lesson_is_done_by_what_its_texts_say_and_stays_done_after_a_reload_and_elsewhere(
    open_page,
):
    page = open_page("training")
    page.locator(".st-key-open-say-hello button").click()  # the name is asked for first
    name = page.get_by_label("Your name")
    expect(name.first).to_be_focused()
    expect(name).to_have_count(1)  # the field of before goes once the run has ended
    name.fill(LEARNER)
    page.get_by_role("button", name="Begin").click()

    begins(page, "Send a ping", '"type": "ping"')
    expect(page.locator(".st-key-fit-lesson-connection")).to_contain_text("signed in as user_")
    send(page)
    goals_met(page, 2)
    expect(step(page)).to_contain_text("Done. Why it worked")
    next_step(page)

    begins(page, "Give it an id", '"type": "ping"')
    send(page)
    expect(step(page).locator(".near-miss")).to_contain_text("has no id")
    expect(step(page).get_by_role("button", name="Next step")).to_be_disabled()
    page.get_by_role("button", name="Hint (3 left)").click()
    expect(step(page).locator(".hints li")).to_have_count(1)
    send(page, '{"type": "ping", "id": "hello-1"}')
    goals_met(page, 2)
    expect(page.locator(".wire .marked")).to_have_count(2)
    next_step(page)

    begins(page, "Two in a row", "hello-1")
    send(page)
    expect(step(page).locator(".goals small")).to_have_text(["1 of 2", "1 of 2"])
    page.get_by_role("button", name="Show the solution").click()
    page.get_by_role("button", name="Play it for me").click()
    goals_met(page, 2)
    page.keyboard.press("Escape")
    next_step(page)

    begins(page, "Make a mistake on purpose", '"7"')
    page.reload()
    begins(page, "Make a mistake on purpose", '"7"')
    expect(step(page)).to_contain_text("the goals of this step start again")
    send(page, '{"type": "ping", "id": 7}')
    goals_met(page, 2)
    send(page, '{"type": "ping"}')
    goals_met(page, 3)
    finish = page.get_by_role("button", name="Finish the lesson")
    expect(finish).to_be_in_viewport()
    finish.click()

    expect(page.locator(".st-key-even-lesson-say-hello .nth")).to_have_text("✓")
    elsewhere = open_page(f"training?learner={LEARNER}", locale="en-US")
    expect(elsewhere.locator(".st-key-head")).to_contain_text("1 of 8 lessons done")
    expect(elsewhere.locator(".st-key-open-next")).to_be_visible()


def test_a_link_of_a_lesson_opens_its_page_in_the_same_tab_again(open_page):
    page = open_page(f"training?learner={LEARNER}&lesson=be-refused")
    link = step(page).get_by_role("link", name="Your subscriptions in Connections")
    with page.expect_popup() as opened:
        link.click()
    tab = opened.value
    tab.wait_for_load_state()
    count = len(page.context.pages)

    with tab.expect_event("domcontentloaded"):
        link.click()

    assert len(page.context.pages) == count
    tab.close()
