"""All lessons in a real browser, by a script that does what the texts say and no more.

Needs the package chromium.  It reads orders and names off the page, sends what is in the editor
where the text says so, and presses the buttons that the texts name.  Before it does anything in a
step, a message is published to the learner and awaited on the page: no goal may be met then.  The
shop publishes 200 messages per second during that time.
"""

from __future__ import annotations

import re
import time

import msgspec
from playwright.sync_api import Error, Locator, Page, expect

from bench.browser import new_page, open_browser, start_shop, start_workbench
from bench.context import BenchContext, print_progress
from bench.load.verify import VerificationFailed
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
from training.environment import Environment, Services
from training.lesson_types import Lesson, Step
from training.lessons.catalogue import LESSONS
from training.placeholders import fill, names_in

QUICK = ("say-hello", "subscribe")
SHOP_RATE = 200
TENANT = "shop"
STEP_TIMEOUT_MS = 120_000  # a short-lived token expires in one of them
EDITOR = '[class*="st-key-draft-lesson"] textarea'
SEND = ".st-key-send-lesson button"
NEXT = ".st-key-step-next button"
CONNECT = ".st-key-lesson-connect button"
FRAMES = ".st-key-even-frames"
REDRAWS = 4  # of the three parts that are drawn again each second, and one more
_PLACEHOLDER = re.compile(r"\\\{([a-z][a-z0-9_]*)\\\}")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")


def run(context: BenchContext) -> list[Measurement]:
    """Do every lesson once; measure how long its steps take.

    Raises:
        VerificationFailed: a step was done before anything was done in it, or was not done by what
            its texts say.
    """
    names = QUICK if context.rounds == 1 else tuple(LESSONS)
    results: list[Measurement] = []
    with (
        start_shop(context, WORKBENCH_RATE=str(SHOP_RATE)) as (server, simulator),
        start_workbench(context, server, WORKBENCH_SIMULATOR_URL=simulator.url) as workbench,
        open_browser() as browser,
    ):
        socket_url = f"ws://127.0.0.1:{server.port}/ws"
        environment = Environment(server.url, socket_url, simulator.url, context.secret, TENANT)
        walk = Walk(new_page(browser, workbench), Services(environment), "Bench")
        for name in names:
            seconds = walk.do_lesson(LESSONS[name])
            print_progress(f"{name}: {len(seconds)} steps in {sum(seconds):.0f} s")
            results.append(
                Measurement(section="lessons", name=f"{name}, a step", unit="s", ours=seconds)
            )
    if walk.failures:
        raise VerificationFailed("\n".join(walk.failures))
    return results


class Walk:
    """One learner in one tab.

    ``values`` are those of the placeholders of the lesson's texts, as far as they were shown.
    """

    def __init__(self, page: Page, services: Services, learner: str) -> None:
        self.failures: list[str] = []
        self.values: dict[str, str] = {}
        self._page, self._services, self._learner = page, services, learner
        self._has_typed = False
        page.set_default_timeout(STEP_TIMEOUT_MS)
        expect.set_options(timeout=STEP_TIMEOUT_MS)

    def do_lesson(self, lesson: Lesson) -> list[float]:
        """Do all steps of a lesson and leave it; returns how long each took, in seconds."""
        seconds = []
        self.open(lesson)
        for number, step in enumerate(lesson.steps):
            started = time.monotonic()
            try:
                self.begin_step(lesson, number)
                self.do_step(step)
            except (Error, AssertionError) as error:
                failure = f"{lesson.name}, step {number + 1}: {error}"
                self.failures.append(failure)
                print_progress(failure)
                show_solution(self._page)
            seconds.append(time.monotonic() - started)
            self.go_on()
        self._page.locator(".st-key-shelf-0").wait_for()
        return seconds

    def open(self, lesson: Lesson) -> None:
        """Open a lesson at its first step."""
        self.values = {}
        self._page.goto(f"training?learner={self._learner}&lesson={lesson.name}")

    def begin_step(self, lesson: Lesson, number: int) -> None:
        """Wait until a step has begun, and see that it is not done by what others send."""
        step, count = lesson.steps[number], len(lesson.steps)
        self._has_typed = False
        expect(self._pane).to_contain_text(f"step {number + 1} of {count}")
        expect(self._pane.locator(".goals")).to_be_visible()
        expect(self._page.locator(SEND)).to_be_enabled()
        if step.draft:
            any_values = _PLACEHOLDER.sub(".+?", _escape(step.draft))
            # For a moment there may be a second one: that of the step before.
            expect(self._page.locator(EDITOR).first).to_have_value(re.compile(any_values))
        expect(self._page.locator(EDITOR)).to_have_count(1)
        self._read_values(step)
        for name in _BOLD.findall(fill(step.instruction, self.values)):
            control = self._page.get_by_role("button", name=name)
            expect(control.or_(self._page.get_by_role("link", name=name)).first).to_be_visible()
        self.see_nothing_met(step)

    def see_nothing_met(self, step: Step) -> None:
        """Publish to the learner; see that it has arrived, and that no goal is met."""
        sentinel = f"sentinel {time.monotonic_ns()}"
        event = {
            "user": self._user_id(),
            "type": "notification",
            "payload": {"id": sentinel, "title": sentinel, "body": ""},
        }
        if self._services.publish(msgspec.json.encode(event)):
            expect(self._page.locator(FRAMES)).to_contain_text(sentinel)
        self.wait_for_redraws()
        expect(self._pane.locator(".goals li")).to_have_count(
            len(step.goals) + (step.question is not None)
        )
        met = self._pane.locator(".goals .met").count()
        if met or self._page.locator(NEXT).is_enabled():
            raise AssertionError(f"{met} goals are met before anything was done")

    def do_step(self, step: Step) -> None:
        """Do what the texts of a step say, until the way on is open."""
        for action in step.solution:
            self._perform(step, action)
        expect(self._page.locator(NEXT)).to_be_enabled()

    def go_on(self) -> None:
        """Go on to the next step, or finish the lesson."""
        self._page.locator(NEXT).click()

    def goals_met(self) -> int:
        """Return how many goals have their tick."""
        return self._pane.locator(".goals .met").count()

    def wait_for_redraws(self) -> None:
        """Wait until the page was drawn again, and everything in it with what was there before."""
        self._page.evaluate(
            """count => new Promise(done => {
                const app = document.querySelector("[data-test-script-state]");
                const watch = new MutationObserver(() => {
                    if (app.dataset.testScriptState !== "notRunning" || --count) return;
                    watch.disconnect();
                    done();
                });
                watch.observe(app, {attributeFilter: ["data-test-script-state"]});
            })""",
            REDRAWS,
        )

    @property
    def _pane(self) -> Locator:
        return self._page.locator(".st-key-pane-step")

    def _user_id(self) -> str:
        """Return the learner's user, as the line below the title names it."""
        line = self._page.locator(".st-key-head")
        expect(line).to_contain_text(re.compile(r"\(user_\d+\)"))
        found = re.search(r"\((user_\d+)\)", line.inner_text())
        return found[1] if found else ""

    def _read_values(self, step: Step) -> None:
        """Read off the page what its texts, and the frame in the editor, name."""
        shown = [(step.instruction, self._pane.locator(".step p").first.inner_text())]
        goals = self._pane.locator(".goals li").all_text_contents()
        shown += [(f"{goal.text} (", text) for goal, text in zip(step.goals, goals, strict=False)]
        shown.append((step.draft, self._page.locator(EDITOR).input_value()))
        for template, text in shown:
            self._read(template, text)

    def _read(self, template: str, text: str) -> None:
        if found := _pattern_of(template).match(" ".join(text.split())):
            self.values |= found.groupdict()

    def _read_hints(self, step: Step) -> None:
        """Ask for all hints, and read what they name."""
        hint = self._page.locator(".st-key-hint button")
        for number in range(1, len(step.hints) + 1):
            hint.click()
            expect(self._pane.locator(".hints li")).to_have_count(number)
        texts = self._pane.locator(".hints li").all_inner_texts()
        for template, text in zip(step.hints, texts, strict=True):
            self._read(template, text)

    def _perform(self, step: Step, action: Action) -> None:
        page = self._page
        if action in step.buttons:
            page.locator(f".st-key-lesson-action-{step.buttons.index(action)} button").click()
            self.wait_for_redraws()
            return
        match action:
            case Send(text, by):
                self._act_as(by)
                self._send(step, text)
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
                choices = self._pane.get_by_role("radiogroup").locator("label")
                choices.nth(names.index(choice)).click()
            case Wait(goal):
                goal_line = self._pane.locator(".goals li").nth(goal - 1)
                expect(goal_line).to_have_class("met")
            case _:
                raise AssertionError(f"the page has no control for {action}")

    def _send(self, step: Step, text: str) -> None:
        """Send the frame in the editor, after another one was typed if the texts ask for that."""
        if text != step.draft or self._has_typed:
            if names_in(text) - set(self.values):
                self._read_hints(step)
            self._page.locator(EDITOR).fill(fill(text, self.values))
            self._has_typed = True
        self._page.locator(SEND).click()
        self.wait_for_redraws()

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


def show_solution(page: Page) -> None:
    """Have the page play the solution of the step that is open."""
    page.get_by_role("button", name="Show the solution").click()
    page.get_by_role("button", name="Play it for me").click()
    expect(page.locator(NEXT)).to_be_enabled()
    page.keyboard.press("Escape")


def _escape(template: str) -> str:
    """Return the pattern of a text as the page shows it, without marks; placeholders stay."""
    plain = " ".join(template.replace("**", "").replace("`", "").split())
    return re.escape(plain).replace(r"\ ", r"\s+")


def _pattern_of(template: str) -> re.Pattern[str]:
    """Return the pattern of a text as the page shows it, with a group for each placeholder."""
    seen: set[str] = set()

    def group(found: re.Match[str]) -> str:
        name = found[1]
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        return f"(?P<{name}>.+?)"

    return re.compile(_PLACEHOLDER.sub(group, _escape(template)))
