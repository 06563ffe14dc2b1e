"""All lessons in a real browser, each step by its solution and the page's own controls.

Needs the package chromium.  A step fails if its goals are not met in time; its lesson then goes on
with the solution played by the page, and the failure is a line of the result.
"""

from __future__ import annotations

import time

from playwright.sync_api import Error, Locator, Page, expect

from bench.browser import new_page, open_browser, start_shop_workbench
from bench.context import BenchContext, print_progress
from bench.stats import Measurement
from training.actions import (
    LEARNER,
    Action,
    Choose,
    Connect,
    Disconnect,
    Send,
    TokenKind,
    Wait,
)
from training.lesson_types import Lesson, Step
from training.lessons.catalogue import LESSONS

QUICK = ("say-hello", "subscribe")
STEP_TIMEOUT_MS = 120_000  # a short-lived token expires in one of them
EDITOR = '[class*="st-key-draft-lesson"] textarea'
SEND = ".st-key-send-lesson button"
NEXT = ".st-key-step-next button"
CONNECT = ".st-key-lesson-connect button"


def run(context: BenchContext) -> list[Measurement]:
    """Do every lesson once; measure how long its steps take."""
    names = QUICK if context.rounds == 1 else tuple(LESSONS)
    results: list[Measurement] = []
    with start_shop_workbench(context) as workbench, open_browser() as browser:
        walk = Walk(new_page(browser, workbench))
        for name in names:
            print_progress(f"training_lessons: {name}")
            seconds = walk.do_lesson(LESSONS[name])
            results.append(
                Measurement(section="lessons", name=f"{name}, a step", unit="s", ours=seconds)
            )
    failures = [float(len(walk.failures))]
    results.append(Measurement(section="lessons", name="failed steps", unit="", ours=failures))
    return results


class Walk:
    """One learner in one tab."""

    def __init__(self, page: Page) -> None:
        self.failures: list[str] = []
        self._page = page
        page.set_default_timeout(STEP_TIMEOUT_MS)
        expect.set_options(timeout=STEP_TIMEOUT_MS)

    def do_lesson(self, lesson: Lesson) -> list[float]:
        """Do all steps of a lesson; returns how long each took, in seconds."""
        page, seconds = self._page, []
        page.goto(f"training?learner=bench&lesson={lesson.name}")
        for number, step in enumerate(lesson.steps):
            started = time.monotonic()
            label = f"{lesson.name}, step {number + 1}"
            self._wait_until_begun(number, len(lesson.steps))
            try:
                for action in step.solution:
                    self._perform(step, action)
                expect(page.locator(NEXT)).to_be_enabled()
            except (Error, AssertionError) as error:
                self.failures.append(f"{label}: {error}")
                print_progress(f"training_lessons: {label} failed: {error}")
                page.get_by_role("button", name="Show the solution").click()
                page.get_by_role("button", name="Play it for me").click()
                expect(page.locator(NEXT)).to_be_enabled()
                page.keyboard.press("Escape")
            seconds.append(time.monotonic() - started)
            page.locator(NEXT).click()
        page.locator(".st-key-shelf-0").wait_for()
        return seconds

    def _wait_until_begun(self, number: int, count: int) -> None:
        pane = self._page.locator(".st-key-pane-step")
        expect(pane).to_contain_text(f"step {number + 1} of {count}")
        expect(pane.locator(".goals")).to_be_visible()
        expect(self._page.locator(SEND)).to_be_enabled()
        expect(self._page.locator(EDITOR)).to_have_count(1)

    def _perform(self, step: Step, action: Action) -> None:
        page = self._page
        if action in step.buttons:
            page.locator(f".st-key-lesson-action-{step.buttons.index(action)} button").click()
            self._wait_for_frame()
            return
        match action:
            case Send(text, by):
                self._act_as(by)
                page.locator(EDITOR).fill(text)
                page.locator(EDITOR).press("Control+Enter")
                self._wait_for_frame()
            case Connect(token, by):
                self._act_as(by)
                self._connect(token)
            case Disconnect(by):
                self._act_as(by)
                page.locator(CONNECT).filter(has_text="Disconnect").click()
                expect(page.locator(CONNECT).filter(has_text="Disconnect")).to_have_count(0)
            case Choose(choice):
                assert step.question  # noqa: S101 - a choice answers one
                names = [each.name for each in step.question.choices]
                self._pane("radiogroup").locator("label").nth(names.index(choice)).click()
            case Wait(goal):
                goal_line = page.locator(".st-key-pane-step .goals li").nth(goal - 1)
                expect(goal_line).to_have_class("met")
            case _:
                raise AssertionError(f"the page has no control for {action}")

    def _pane(self, role: str) -> Locator:
        return self._page.locator(f'.st-key-pane-step [role="{role}"]')

    def _act_as(self, actor: str) -> None:
        """Choose who sends, where there is a choice."""
        choices = self._page.locator('[class*="st-key-actor-"] button')
        if choices.count():
            choice = choices.first if actor == LEARNER else choices.nth(1)
            choice.click()
            expect(choice).to_have_attribute("aria-checked", "true")

    def _connect(self, token: TokenKind) -> None:
        button = self._page.locator(CONNECT)
        if button.filter(has_text="Disconnect").count():
            button.click()
        expect(button.filter(has_text="Disconnect")).to_have_count(0)
        if token is not TokenKind.VALID:
            raise AssertionError(f"the page has no button to connect with {token}")
        button.click()
        expect(button.filter(has_text="Disconnect")).to_have_count(1)

    def _wait_for_frame(self) -> None:
        """Wait for the next redraw, as a person does: what was done is in the list then."""
        self._page.locator("[data-test-script-state=notRunning]").wait_for()
        self._page.wait_for_timeout(1500)
