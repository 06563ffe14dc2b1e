"""The glossary: it explains what docs/protocol.md names, and every kind of channel."""

import html
import re
from pathlib import Path

import pytest

from dashboard.state.channels import KINDS
from dashboard.ui import glossary
from protocol.close_codes import CloseCode
from protocol.errors import ErrorCode
from training.lesson_rules import lesson_texts, step_texts
from training.lessons.catalogue import LESSONS

PROTOCOL = Path(__file__).parents[3] / "docs" / "protocol.md"
FORMS = {"stream position: epoch": "stream position"}  # of the row with two more terms


def documented_terms():
    """The terms of docs/protocol.md: the first cell of each row of its glossary."""
    section = PROTOCOL.read_text().partition("## Glossary")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ", section, re.MULTILINE)[1:]
    return [FORMS.get(term, term) for row in rows for term in row.split(", ")]


@pytest.mark.parametrize("term", documented_terms())
def test_a_term_of_the_protocol_is_explained(term):
    assert glossary.explanation(term)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_channel_is_explained(kind):
    assert glossary.kind_explanation(kind)


def codes_of_lessons():
    """The error codes and close codes in backticks in a lesson's texts; close codes anywhere."""
    texts = " ".join(
        text
        for lesson in LESSONS.values()
        for text in (
            *lesson_texts(lesson),
            *(text for step in lesson.steps for text in step_texts(step)),
        )
    )
    words = set(re.findall(r"[a-z_]+|\d+", " ".join(re.findall(r"`[^`]+`", texts))))
    numbers = set(re.findall(r"\b\d{4}\b", texts))
    return sorted(words & {*ErrorCode} | numbers & {"1006", *(str(int(c)) for c in CloseCode)})


def test_lessons_name_both_kinds_of_codes():
    assert {"invalid_message", "forbidden", "rate_limited"} < set(codes_of_lessons())
    assert {"1000", "1006", "4001", "4100", "4101", "4103"} < set(codes_of_lessons())


@pytest.mark.parametrize("code", codes_of_lessons())
def test_a_code_that_a_lesson_names_is_explained(code):
    assert glossary.explanation(code)


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
def test_the_terms_of_a_lesson_are_explained(lesson):
    assert not [term for term in lesson.terms if term not in glossary.TERMS]


def test_a_term_is_explained_once_in_at_most_two_sentences():
    terms = [term for group in glossary.GROUPS.values() for term in group]

    assert len({term.name for term in terms}) == len(terms)
    for term in terms:
        assert len(re.findall(r"[.](?= |$)", term.explanation)) in (1, 2), term.name


def test_a_link_names_its_term():
    link = glossary.link_html("order:", "order & more")

    assert 'data-term="order:"' in link
    assert html.escape("order & more") in link


def test_a_link_to_a_term_that_is_not_there_is_an_error():
    with pytest.raises(KeyError):
        glossary.link_html("no such term", "")
