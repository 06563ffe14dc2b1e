"""Histories: whether clients get each accepted message once while a nemesis breaks the cluster.

Each round has a seed of its own and writes its history to ``data/histories``.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.context import BenchContext, print_progress
from bench.histories.checker import Verdict, check_history
from bench.histories.cluster import Node, Redis
from bench.histories.events import Event, EventKind, encode_history
from bench.histories.recording import record_history
from bench.load.verify import VerificationFailed
from bench.stats import Measurement

SECTION = "histories: two servers and Redis, broken at random"
SECONDS = 60.0
SERVERS = 2
FOLDER = Path("data/histories")
SHOWN_VIOLATIONS = 20
COUNTED = {
    "messages accepted": EventKind.ACCEPTED,
    "messages without a clear answer": EventKind.UNKNOWN,
    "messages received": EventKind.RECEIVED,
    "sign-ins": EventKind.CONNECTED,
    "gaps reported": EventKind.GAP,
    "subscriptions rejected": EventKind.REJECTED,
    "subscriptions postponed": EventKind.POSTPONED,
}


def run(context: BenchContext) -> list[Measurement]:
    """Record and evaluate one history a round.

    Raises:
        VerificationFailed: one is not good.
    """
    binary = shutil.which("redis-server")
    if binary is None:
        print_progress("redis-server is not on the PATH: skipping the histories")
        return []
    figures: defaultdict[str, list[float]] = defaultdict(list)
    violations = 0
    for seed in range(context.seed, context.seed + context.rounds):
        with _cluster(context, binary) as (nodes, redis):
            events = asyncio.run(
                record_history(
                    nodes,
                    redis,
                    secret=context.secret,
                    seed=seed,
                    scenario=lambda nemesis: nemesis.run(SECONDS),
                )
            )
        path = _write(seed, events)
        verdict = check_history(events)
        acts = sum(event.kind is EventKind.NEMESIS for event in events)
        figures["acts and repairs of the nemesis"].append(acts)
        for name, kind in COUNTED.items():
            figures[name].append(verdict.counts[kind])
        figures["violations"].append(len(verdict.violations))
        violations += len(verdict.violations)
        _report(seed, path, verdict)
    if violations:
        raise VerificationFailed(f"{violations} violations, see above")
    return [
        Measurement(section=SECTION, name=name, unit="", ours=values)
        for name, values in figures.items()
    ]


@contextlib.contextmanager
def _cluster(context: BenchContext, binary: str) -> Iterator[tuple[Sequence[Node], Redis]]:
    """Start the servers and their Redis; they end with the block."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        redis = Redis(binary, Path(folder), context.cores.server)
        stack.callback(redis.stop)
        nodes = []
        for _ in range(SERVERS):
            node = Node(lambda: context.start_server(WORKBENCH_REDIS_URL=redis.url))
            stack.callback(node.close)
            nodes.append(node)
        yield nodes, redis


def _write(seed: int, events: Sequence[Event]) -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"seed-{seed}.jsonl"
    path.write_bytes(encode_history(events))
    return path


def _report(seed: int, path: Path, verdict: Verdict) -> None:
    counts = ", ".join(f"{name} {verdict.counts[kind]}" for name, kind in COUNTED.items())
    print_progress(f"histories, seed {seed}: {counts}; violations {len(verdict.violations)}")
    print_progress(f"wrote {path}")
    for one in verdict.violations[:SHOWN_VIOLATIONS]:
        print_progress(f"{one.kind}: {one.client} on {one.channel}, message {one.text}")
