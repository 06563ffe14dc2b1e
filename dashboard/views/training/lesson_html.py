"""Parts of a lesson as HTML, from texts that are translated and filled in.  Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from msgspec import Struct


class GoalLine(Struct, frozen=True):
    """A goal as it is shown: its text, whether it is met or nearly met, and a short remark.

    ``remark`` None: there will be none, so it needs no place.
    """

    text: str
    is_met: bool = False
    is_near_miss: bool = False
    remark: str | None = ""


def rich_text(text: str) -> str:
    """Return a text with ``code`` between backticks and **bold** as HTML, the rest escaped."""
    escaped = html.escape(text, quote=False)
    escaped = re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)
    return re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", escaped)


def step_dots(count: int, current: int, done: Iterable[int]) -> str:
    """Return a dot for each step: done, shown now, or to come; steps count from 0."""
    done = frozenset(done)
    classes = (
        " ".join(["past"] * (step in done) + ["now"] * (step == current)) for step in range(count)
    )
    dots = "".join(f'<i class="{each}"></i>' for each in classes)
    return f'<span class="dots" aria-hidden="true">{dots}</span>'


def instruction_html(title: str, instruction: str, reason_title: str, reason: str) -> str:
    """Return what to do in a step, and why it matters."""
    why = f"<b>{html.escape(reason_title)}</b> {rich_text(reason)}"
    return (
        f'<div class="step"><h2>{rich_text(title)}</h2><p>{rich_text(instruction)}</p>'
        f'<div class="reason">{why}</div></div>'
    )


def notice_html(text: str) -> str:
    """Return a notice above a step."""
    return f'<div class="notice" role="status">{rich_text(text)}</div>'


def goals_html(
    title: str,
    lines: Sequence[GoalLine],
    near_miss: str,
    words: tuple[str, str],
    *,
    names_actors: bool = False,
) -> str:
    """Return the goals with a tick each, and below them what is wrong with the last attempt.

    ``words`` name the two states for screen readers: met and not met.  A remark has its place
    before it is there, a longer one if it ``names_actors``.
    """
    met = sum(line.is_met for line in lines)
    rows = ""
    for line in lines:
        state = "met" if line.is_met else "near" if line.is_near_miss else ""
        spoken = html.escape(words[0] if line.is_met else words[1])
        remark = "" if line.remark is None else f"<small>{html.escape(line.remark)}</small>"
        rows += (
            f'<li class="{state}">{rich_text(line.text)}<span class="spoken"> ({spoken})</span>'
            f"{remark}</li>"
        )
    note = f'<div class="near-miss" role="status">{rich_text(near_miss)}</div>' if near_miss else ""
    head = f'<b role="heading" aria-level="3">{html.escape(title)}</b>'
    return (
        f'<div class="row split quiet"><span>{head}</span><span>{met} / {len(lines)}</span></div>'
        f'<ul class="goals{" wide" * names_actors}">{rows}</ul>{note}'
    )


def frame_numbers(numbers: Sequence[int]) -> str:
    """Return numbers of frames as a range if one follows the other, else the last two."""
    first, last = numbers[0], numbers[-1]
    if len(numbers) > 2 and list(numbers) == list(range(first, last + 1)):
        return f"{first}\N{EN DASH}{last}"
    return ("… " if len(numbers) > 2 else "") + ", ".join(map(str, numbers[-2:]))


def links_html(links: Iterable[tuple[str, str]], new_tab: str) -> str:
    """Return links to other pages, each a text and an address, that open in a tab of their own.

    The lesson goes on in its tab.  ``new_tab`` says so to screen readers; the icon shows it.
    """
    words = html.escape(new_tab)
    lines = "".join(
        f'<li><a href="{html.escape(url)}" target="_blank" rel="noopener">'
        f'{html.escape(text)}<span class="ms" aria-hidden="true">open_in_new</span>'
        f'<span class="spoken"> ({words})</span></a></li>'
        for text, url in links
    )
    return f'<ul class="elsewhere">{lines}</ul>' if lines else ""


def hints_html(hints: Iterable[str]) -> str:
    """Return the hints that are shown, numbered."""
    return f'<ol class="hints">{"".join(f"<li>{rich_text(hint)}</li>" for hint in hints)}</ol>'


def explanation_html(title: str, text: str) -> str:
    """Return why a step that is done worked."""
    heading = f"<b>{html.escape(title)}</b>"
    return f'<div class="worked" role="status">{heading}<p>{rich_text(text)}</p></div>'


def wrong_choice_html(text: str) -> str:
    """Return why an answer is wrong."""
    return f'<div class="near-miss" role="status">{rich_text(text)}</div>'
