"""The built-in lessons by chapter.  Pure."""

from __future__ import annotations

from collections.abc import Mapping

from common.text_markers import N_
from training.lesson_types import Chapter, Lesson
from training.lessons.be_refused import BE_REFUSED
from training.lessons.flood import FLOOD
from training.lessons.lost_connection import LOST_CONNECTION
from training.lessons.missing_update import MISSING_UPDATE
from training.lessons.say_hello import SAY_HELLO
from training.lessons.sign_in import SIGN_IN
from training.lessons.subscribe import SUBSCRIBE_LESSON
from training.lessons.support_chat import SUPPORT_CHAT

CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        N_("Talk to the server"),
        N_("Messages, replies, events"),
        (SAY_HELLO, SIGN_IN, SUBSCRIBE_LESSON),
    ),
    Chapter(
        N_("Who may see what"),
        N_("Access, delivery, copies"),
        (BE_REFUSED, MISSING_UPDATE, SUPPORT_CHAT),
    ),
    Chapter(
        N_("When things go wrong"),
        N_("Lost connections, overload"),
        (LOST_CONNECTION, FLOOD),
    ),
)
LESSONS: Mapping[str, Lesson] = {
    lesson.name: lesson for chapter in CHAPTERS for lesson in chapter.lessons
}
"""All built-in lessons by name, in the order of the chapters."""
