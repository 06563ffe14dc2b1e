"""``python -m training check``: checks the built-in lessons, or those of files."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from dotenv import dotenv_values

from training.check import check_lessons
from training.environment import Environment
from training.lesson_files import InvalidLessonFile, load_lesson
from training.lesson_rules import IsTranslated
from training.lesson_types import Lesson
from training.lessons.catalogue import LESSONS
from training.local_servers import ServerDidNotStart, local_environment
from training.translations import translation_check

DEFAULT_RATE = 200.0


def argument_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training",
        description="Lessons that are done on real connections; see docs/training.md.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser(
        "check",
        help="check lessons against a running server and simulator",
        description="Checks every step of the built-in lessons, or of the given files: untouched "
        "it is not done, its solution does it, the solution of an earlier step does not; hints, "
        "questions and translations are complete. Without URLs it starts a server and a simulator "
        "on free ports. Exits with 1 if something is wrong.",
    )
    check.add_argument("files", nargs="*", type=Path, metavar="FILE", help="lesson in TOML")
    check.add_argument("--server", metavar="URL", help="URL of a running server")
    check.add_argument("--simulator", metavar="URL", help="URL of its simulator's control API")
    check.add_argument("--tenant", default="shop", help="its tenant [shop]")
    check.add_argument(
        "--rate",
        type=float,
        default=DEFAULT_RATE,
        metavar="N",
        help=f"publications per second of the simulator that is started [{DEFAULT_RATE:g}]",
    )
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    parser = argument_parser()
    options = parser.parse_args(arguments)
    if bool(options.server) != bool(options.simulator):
        parser.error("--server and --simulator belong together")
    lessons: tuple[Lesson, ...] = tuple(LESSONS.values())
    is_translated: IsTranslated | None = translation_check()
    if options.files:
        is_translated = None  # they are written in one language
        try:
            lessons = tuple(load_lesson(path) for path in options.files)
        except InvalidLessonFile as error:
            return _fail(str(error))
    started_at = time.monotonic()
    running = nullcontext(_given_environment(options)) if options.server else None
    try:
        with running or local_environment(options.rate) as environment:
            problems = check_lessons(environment, lessons, is_translated)
    except ServerDidNotStart as error:
        return _fail(f"The programs did not start: {error}")
    if problems:
        return _fail("\n".join(map(str, problems)))
    steps = sum(len(lesson.steps) for lesson in lessons)
    seconds = time.monotonic() - started_at
    _print(f"Lessons: {len(lessons)}, steps: {steps}, nothing wrong ({seconds:.0f} s).")
    return 0


def _given_environment(options: argparse.Namespace) -> Environment:
    variables = {**dotenv_values(".env"), **os.environ}
    server = options.server.rstrip("/")
    return Environment(
        server_url=server,
        socket_url=f"ws{server.removeprefix('http')}/ws",
        simulator_url=options.simulator,
        jwt_secret=variables.get("WORKBENCH_JWT_SECRET") or "",
        tenant=options.tenant,
    )


def _fail(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 1


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
