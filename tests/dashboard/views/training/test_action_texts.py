"""Actions in words."""

import re

import pytest
from msgspec.structs import replace

from dashboard.i18n import translate
from dashboard.views.training import action_texts
from training.actions import Connect, Cut, Flood, RunScenario, Send, TokenKind, Wait
from training.lessons.catalogue import LESSONS


def test_every_action_of_the_lessons_is_said_in_words_but_for_waiting():
    actions = [
        action
        for lesson in LESSONS.values()
        for step in lesson.steps
        for action in (*step.solution, *step.buttons)
    ]

    without_words = {type(each) for each in actions if action_texts.action_text(each) is None}

    assert without_words <= {Wait}


@pytest.mark.parametrize("language", translate.LANGUAGES)
def test_what_an_instruction_has_in_bold_is_a_control_of_the_page(language):
    translated = translate.load_catalogue(language).gettext

    def pattern(text):
        return re.sub(r"\\\{\w+\\\}", ".+", re.escape(translated(text)))

    always = ["Send", "Connect", "Disconnect", *action_texts.CONNECT_TITLES.values()]
    unknown = []
    for lesson in LESSONS.values():
        for step in lesson.steps:
            actions = [action_texts.action_text(each).text for each in step.buttons]
            controls = [*always, *actions, *(link.text for link in step.links)]
            known = re.compile("|".join(map(pattern, controls)))
            names = re.findall(r"\*\*(.+?)\*\*", translated(step.instruction))
            unknown += [name for name in names if not known.fullmatch(name)]

    assert unknown == []


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (Connect(TokenKind.EXPIRED), "Connect with an expired token"),
        (Cut(), "Cut the connection"),
        (Flood(150), "Send 150 pings at once"),
        (RunScenario("flash-sale"), "Start “flash-sale”"),
    ],
)
def test_an_action_has_the_words_that_the_lessons_name_it_by(action, words):
    found = action_texts.action_text(action)

    assert found.text.format(**dict(found.values)) == words


def test_what_is_sent_is_shown_as_code():
    assert action_texts.action_text(Send('{"type": "ping"}')).code == '{"type": "ping"}'


def test_a_lesson_that_is_not_about_tokens_offers_none():
    assert action_texts.token_kinds(LESSONS["say-hello"]) == (TokenKind.VALID,)


def test_a_lesson_about_tokens_offers_those_of_its_steps_and_none():
    hello = LESSONS["say-hello"]
    step = replace(hello.steps[0], buttons=(Connect(TokenKind.FORGED),))

    kinds = action_texts.token_kinds(replace(hello, steps=(step,)))

    assert kinds == (TokenKind.VALID, TokenKind.NONE, TokenKind.FORGED)


def test_the_sandbox_offers_every_kind_of_token():
    assert set(action_texts.token_kinds(None)) == set(TokenKind)
