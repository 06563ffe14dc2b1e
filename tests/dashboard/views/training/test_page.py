"""The catalogue of lessons without a name, and the way back to a lesson from another page."""

import time

from dashboard.tab_session import KEY, Restart
from tests.dashboard.drawn_pages import words
from tests.dashboard.drawn_tables import table_with
from training import progress
from training.learner_files import LearnerFiles


def test_a_lesson_asks_for_a_name_first(draw, busy_feed):
    page = draw(busy_feed, "training")

    page.button(key="open-be-refused").click().run()

    assert "Give a name first, then “Be refused” opens." in words(page)


def test_a_step_of_an_address_starts_again_only_if_the_learner_was_on_it(draw, busy_feed):
    def restart(**address):
        page = draw(busy_feed, "training", learner="Ada", lesson="say-hello", **address)
        return page.session_state[KEY].training.restart

    assert restart(step="2") is Restart.NONE
    assert restart(step="2") is Restart.OF_TAB  # after a reload


def test_the_class_is_reached_from_where_everybody_else_gives_a_name(draw, busy_feed):
    page = draw(busy_feed, "training")

    page.button(key="open-class").click().run()

    assert "Nobody has begun yet" in words(page)


def test_a_learner_of_the_class_is_away_only_without_a_connected_tab(draw, busy_feed, tmp_path):
    files, now = LearnerFiles(tmp_path), time.time()
    files.update("Ada", lambda learner: progress.begin(learner, "say-hello", 0, now))
    files.update("Bohdan", lambda learner: progress.begin(learner, "say-hello", 0, now - 90))
    files.update("Clara", lambda learner: learner)

    page = draw(busy_feed, "training", training="class")

    table = table_with(page, "Learner", "State")
    states = dict(zip(table["Learner"], table["State"], strict=True))
    assert states == {"Ada": "here", "Bohdan": "away", "Clara": "no lesson open"}


def test_no_persona_can_be_chosen_on_training(draw, busy_feed):
    page = draw(busy_feed, "training")
    (persona,) = (box for box in page.selectbox if box.label == "Persona")
    assert persona.disabled
    assert "Not used here: a lesson sets who you are." in [
        each.value for each in page.sidebar.caption
    ]

    page.switch_page("views/orders/page.py").run()
    (persona,) = (box for box in page.selectbox if box.label == "Persona")
    assert not persona.disabled


def test_other_pages_lead_back_to_the_lesson_that_is_under_way(draw, busy_feed):
    page = draw(busy_feed, "training")

    def choose(**values):
        for parameter, value in values.items():
            page.session_state[KEY].url_values.put("training", parameter, value, {})

    choose(lesson="be-refused", step="2")
    page.switch_page("views/orders/page.py").run()
    assert "Back to the lesson: 4 · step 2" in words(page)

    choose(lesson="sandbox")
    page.run()
    assert "Back to the sandbox" in words(page)

    choose(lesson="")
    page.run()
    assert "Back to the" not in words(page)
