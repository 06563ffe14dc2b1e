"""The code, its logs, the pages and the docs use the terms of docs/protocol.md's glossary.

Before these terms the project had words of its own.  None of them may come back: a reader cannot
guess them, and a search for the usual term does not find them.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = [
    "protocol",
    "common",
    "client",
    "conformance",
    "server",
    "simulator",
    "training",
    "dashboard",
    "bench",
    "docs",
    "tests",
]
SUFFIXES = {".py", ".lua", ".md", ".po", ".toml", ".js", ".css", ".html"}
ROOT_FILES = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "Makefile",
    "Procfile",
    "Procfile.cluster",
    ".env.example",
    ".ci/run",
    "pyproject.toml",
]

INSTEAD = {
    r"hears?|heard|hearing|unheard": "receive, subscribe, connected",
    r"ears?": "event handler",
    r"told": "sent, reported, or the noun: text, payload",
    r"crowds?": "recipients, subscribers",
    r"farewells?|goodbyes?": "close frame, disconnect",
    r"hang(s|ing)? up|hung up": "close, disconnect",
    r"last words": "last message",
    r"whom": "to which user, or the noun",
    r"anew": "again, restart",
    r"meanwhile": "while, during that time",
    r"for ever": "indefinitely",
    r"to be had": "available",
    r"in vain": "without effect",
    r"unasked": "unsolicited",
    r"lives on": "stays open, keeps running",
    r"sign of life|signs of life": "heartbeat",
    r"is anybody there": "keep-alive",
    r"doorstep": "first request timeout",
    r"roll call": "connections client",
    r"roster": "node registry",
    r"outbox(es)?": "send queue",
    r"patience|impatient": "grace period, timeout",
    r"forgiveness": "violation refill",
    r"judge[ds]?": "check, evaluate",
    r"utterances?": "chat message",
    r"tellers?": "traffic sink",
    r"gateways?": "connection manager",
    r"trials?": "conformance case",
    r"witness(es)?": "connection detail",
    r"attendance": "connection list",
    r"diall?ers?": "socket factory",
    r"orderbook": "order tracker",
    r"swatch(es)?": "legend entry",
    r"mend(s|ed)?": "fix, repair",
    r"sluggards?": "slow client",
    r"tidings": "order events",
    r"happenings?": "events",
    r"premises": "shop data",
    r"house": "shop, components",
    r"shopkeepers?": "command handler",
    r"ledgers?": "revenue, stock alerts",
    r"curtains?": "start, stop",
    r"mishaps?": "failures",
    r"bustle": "intensity",
    r"baskets?": "cart",
    r"desks?": "local node, simulation context",
}

# Names that other programs, stored data or older versions depend on, and texts of others.
ALLOWED = [
    r"last_heard_at",  # a field of GET /api/connections
    r"(?i:outbox_bytes)",  # the setting WORKBENCH_OUTBOX_BYTES, the metric shop_ws_outbox_bytes
    r"JudgeAccess|HangUpOne|HangUpUser",  # messages of the cluster bus
]
NOT_OURS = [
    "tests/golden/files",  # recorded output
    "tests/seed/lib",  # the specification's client, unmodified
    "tests/seed/node_modules",
    "tests/test_wording.py",
]

FORBIDDEN = [(re.compile(rf"\b(?:{words})\b"), better) for words, better in INSTEAD.items()]


def normalised(text: str) -> str:
    """Lower-case words with a space between them: of identifiers in any case, across line ends."""
    for allowed in ALLOWED:
        text = re.sub(allowed, "-", text)
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    return re.sub(r"[^\w\n]|_", " ", text).lower()


def findings(path: Path) -> list[str]:
    name = path.relative_to(ROOT).as_posix()
    text = f"{normalised(name)}\n{normalised(path.read_text())}"
    lines = re.sub(r" *\n *", "\n", re.sub(r" +", " ", text))
    words = lines.replace("\n", " ")
    found = [
        (lines.count("\n", 0, match.start()), match[0], better)
        for forbidden, better in FORBIDDEN
        for match in forbidden.finditer(words)
    ]
    return [f"{name}:{line}: {word!r} (instead: {better})" for line, word, better in sorted(found)]


def is_ours(path: Path) -> bool:
    name = path.relative_to(ROOT).as_posix()
    return path.suffix in SUFFIXES and not name.startswith(tuple(NOT_OURS))


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_uses_the_terms_of_the_glossary(folder):
    found = [
        finding
        for path in sorted((ROOT / folder).rglob("*"))
        if is_ours(path)
        for finding in findings(path)
    ]

    assert not found, "\n".join(["", *found])


def test_the_files_at_the_root_use_the_terms_of_the_glossary():
    found = [finding for name in ROOT_FILES for finding in findings(ROOT / name)]

    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize(
    "text",
    [
        "was_told",
        "WasTold",
        "TOLD_S",
        '"told"',
        "it was told.",
        "hang\n    # up",
        "HangUp",
        "hangs-up",
    ],
)
def test_a_forbidden_word_is_found_in_any_spelling(text):
    words = re.sub(r"\s+", " ", normalised(text))

    assert any(forbidden.search(words) for forbidden, _ in FORBIDDEN)


@pytest.mark.parametrize("text", ["warehouse", "clear", "years", "last_heard_at", "amended"])
def test_a_part_of_another_word_and_a_name_on_the_wire_are_allowed(text):
    assert not any(forbidden.search(normalised(text)) for forbidden, _ in FORBIDDEN)
