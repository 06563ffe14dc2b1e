"""Two learners and a presenter at once, each in a browser of their own: nobody is disturbed.

Needs the package chromium.  The learners do the first steps of two lessons, one after the other in
each step, while the presenter runs a scenario and resets the shop.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Error, Page, expect

from bench.browser import new_page, open_browser, open_page, start_shop, start_workbench
from bench.context import BenchContext, print_progress
from bench.load.verify import VerificationFailed
from bench.measurements.pages_reset import reset
from bench.measurements.training_lessons import TENANT, Walk
from bench.stats import Measurement
from training.environment import Environment, Services
from training.lessons.catalogue import LESSONS
from training.lessons.flood import SLOW_CLIENT

FLASH_SALE = "flash-sale"
STEPS = 3
RESET_AFTER = 1
"""The step, from 0, after which the presenter resets the shop."""
EFFECT_TIMEOUT_S = 30.0
PERSONA = '[data-testid="stSidebar"] [role="combobox"]'


def run(context: BenchContext) -> list[Measurement]:
    """Do steps of two lessons at once; measure how long one takes both learners.

    Raises:
        VerificationFailed: somebody was disturbed.
    """
    with (
        start_shop(context) as (server, simulator),
        start_workbench(context, server, WORKBENCH_SIMULATOR_URL=simulator.url) as workbench,
        open_browser() as browser,
    ):
        socket_url = f"ws://127.0.0.1:{server.port}/ws"
        services = Services(
            Environment(server.url, socket_url, simulator.url, context.secret, TENANT)
        )
        ada = Walk(new_page(browser, workbench), services, "Ada")
        taras_page = new_page(browser, workbench)
        taras = Walk(taras_page, services, "Taras")
        presenter = open_page(browser, workbench, "scenarios")
        try:
            seconds = _do_both(ada, taras, presenter)
            print_progress("training_together: leaving a lesson that runs a scenario")
            _leave_with_scenario(taras_page, presenter, services)
        except (Error, AssertionError) as error:
            raise VerificationFailed(str(error)) from None
    return [
        Measurement(section="two learners and a presenter", name="a step", unit="s", ours=seconds)
    ]


def _do_both(ada: Walk, taras: Walk, presenter: Page) -> list[float]:
    """Do the first steps of two lessons; returns how long each took both, in seconds."""
    first, second = LESSONS["subscribe"], LESSONS["be-refused"]
    steps = zip(first.steps[:STEPS], second.steps[:STEPS], strict=True)
    presenter.get_by_role("button", name="Run Flash sale").click()
    ada.open(first)
    taras.open(second)
    seconds = []
    for number, (step, other) in enumerate(steps):
        print_progress(f"training_together: step {number + 1}")
        started = time.monotonic()
        ada.begin_step(first, number)
        taras.begin_step(second, number)
        ada.do_step(step)
        taras.see_nothing_met(other)
        taras.do_step(other)
        _expect(ada.goals_met() == len(step.goals) + bool(step.question), "Ada's goals are unmet")
        if number == RESET_AFTER:
            reset(presenter)
        ada.go_on()
        taras.go_on()
        seconds.append(time.monotonic() - started)
    return seconds


def _leave_with_scenario(page: Page, presenter: Page, services: Services) -> None:
    """Leave a lesson that has started a scenario: it ends, and that of the presenter goes on.

    The persona is as before, too.
    """
    presenter.get_by_role("button", name="Run Flash sale").click()
    _wait_until(lambda: _runs(services, FLASH_SALE), "the presenter's scenario does not start")
    page.goto("training?persona=admin&learner=Taras&lesson=flood&step=3")
    page.locator(".st-key-lesson-action-0 button").click()
    persona = page.locator(PERSONA)
    expect(persona).to_be_disabled()
    name = persona.input_value()
    _wait_until(lambda: _runs(services, SLOW_CLIENT), "the lesson's scenario does not start")
    page.locator(".st-key-all-lessons button").click()
    _wait_until(lambda: not _runs(services, SLOW_CLIENT), "the lesson's scenario goes on")
    _expect(_runs(services, FLASH_SALE), "the presenter's scenario has ended")
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Orders").click()
    expect(persona).to_be_enabled()
    expect(persona).to_have_value(name)


def _runs(services: Services, scenario: str) -> bool:
    return services.shop_state().running_scenario(scenario) is not None


def _expect(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise AssertionError(otherwise)


def _wait_until(is_so: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + EFFECT_TIMEOUT_S
    while not is_so():
        _expect(time.monotonic() < deadline, otherwise)
        time.sleep(0.1)
