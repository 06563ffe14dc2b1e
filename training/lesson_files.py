"""Lessons of one's own: TOML files in the folder ``lessons``, read as data and never run."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from pathlib import Path

import msgspec
from msgspec import Struct

from training.lesson_rules import reference_problems, text_problems
from training.lesson_types import Lesson

FOLDER = "lessons"
MAX_BYTES = 64 << 10
_PATH_PART = re.compile(r"\.(\w[\w-]*)|\[(\d+)\]")
_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\s-]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([\w.-]+)\s*=")
_UNKNOWN_FIELD = re.compile(r"unknown field `([^`]*)`")

_Path = tuple[str | int, ...]


class InvalidLessonFile(Exception):
    """The file is no lesson; the message names the file, the line and the reason."""


class OwnLessons(Struct, frozen=True):
    """The lessons of a data folder, and what is wrong with the other files."""

    lessons: tuple[Lesson, ...] = ()
    problems: tuple[str, ...] = ()


def load_own_lessons(data_folder: Path, taken_names: Collection[str] = ()) -> OwnLessons:
    """Load the files of the folder ``lessons``, by their names.

    ``taken_names`` are those of the built-in lessons.
    """
    lessons: dict[str, Lesson] = {}
    problems = []
    for path in sorted((data_folder / FOLDER).glob("*.toml")):
        try:
            lesson = load_lesson(path)
        except InvalidLessonFile as error:
            problems.append(str(error))
            continue
        if lesson.name in taken_names or lesson.name in lessons:
            problems.append(f"{path.name}: there is another lesson with the name {lesson.name}")
        else:
            lessons[lesson.name] = lesson
    return OwnLessons(tuple(lessons.values()), tuple(problems))


def load_lesson(path: Path) -> Lesson:
    """Load one file.

    Raises:
        InvalidLessonFile: it cannot be read, or is no lesson.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidLessonFile(f"{path.name}: {error.strerror}") from None
    return parse_lesson(path.name, data)


def parse_lesson(file_name: str, data: bytes) -> Lesson:
    """Parse a lesson.

    Raises:
        InvalidLessonFile: with the line of the first mistake.
    """
    if len(data) > MAX_BYTES:
        raise InvalidLessonFile(f"{file_name}: larger than {MAX_BYTES >> 10} KB")
    try:
        text = data.decode()
        table = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidLessonFile(f"{file_name}, {_syntax_error(error, data)}") from None
    except RecursionError:
        raise InvalidLessonFile(f"{file_name}: nested too deeply") from None
    try:
        lesson = msgspec.convert(table, Lesson)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$")
        where = _parse_path(path)
        if unknown := _UNKNOWN_FIELD.search(reason):
            where = (*where, unknown[1])
        line = _line_of(where, text)
        raise InvalidLessonFile(f"{file_name}, line {line}: {reason}") from None
    if problems := [*reference_problems(lesson), *text_problems(lesson)]:
        first = problems[0]
        line = _line_of(("steps", first.step - 1) if first.step else (), text)
        where_in_lesson = f"step {first.step}: " if first.step else ""
        raise InvalidLessonFile(f"{file_name}, line {line}: {where_in_lesson}{first.text}")
    return lesson


def _syntax_error(error: UnicodeDecodeError | tomllib.TOMLDecodeError, data: bytes) -> str:
    """Return a syntax error with its line in front."""
    if isinstance(error, UnicodeDecodeError):
        line = data[: error.start].count(b"\n") + 1
        return f"line {line}: not UTF-8"
    reason, _, place = str(error).rpartition(" (at ")
    found = re.match(r"line (\d+)", place)
    line = int(found[1]) if found else data.count(b"\n") + 1  # it is the end of the document
    return f"line {line}: {reason}"


def _parse_path(text: str) -> _Path:
    """Parse the path in an error of msgspec: ``.steps[0].title``."""
    return tuple(name or int(index) for name, index in _PATH_PART.findall(text))


def _line_of(path: _Path, text: str) -> int:
    """Return the line of a key or of a table, or of what is nearest above it, from 1."""
    lines = _lines_by_path(text)
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _lines_by_path(text: str) -> dict[_Path, int]:
    """Return the line of each key and each table header of a valid TOML text."""
    found: dict[_Path, int] = {}
    lengths: dict[_Path, int] = {}
    table: _Path = ()
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if header := _HEADER.match(line):
            table = _table_path(header[2], header[1] == "[[", lengths)
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            names = tuple(key[1].split("."))
            for end in range(1, len(names) + 1):
                found.setdefault((*table, *names[:end]), number)
            number = _end_of_value(lines, number)
    return found


def _table_path(name: str, is_array: bool, lengths: dict[_Path, int]) -> _Path:
    """Return the path of a table header; ``lengths`` are those of the arrays of tables so far."""
    path: _Path = ()
    parts = [part.strip() for part in name.split(".")]
    for position, part in enumerate(parts):
        path = (*path, part)
        if is_array and position == len(parts) - 1:
            lengths[path] = lengths.get(path, 0) + 1
        if path in lengths:
            path = (*path, lengths[path] - 1)
    return path


def _end_of_value(lines: list[str], number: int) -> int:
    """Return the number of the line that ends the value that begins in line ``number``."""
    first = number - 1
    while number < len(lines):
        try:
            tomllib.loads("\n".join(lines[first:number]))
        except tomllib.TOMLDecodeError:
            number += 1  # the value goes on
        else:
            break
    return number
