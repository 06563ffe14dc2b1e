"""The rules of CONTRIBUTING.md's section "Architecture": what may import what, and what is pure."""

import ast
import re
import sys
from collections import defaultdict, deque
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MAY_IMPORT = {
    "common": {"aiohttp", "dotenv", "jsonpath", "msgspec", "re2"},
    "protocol": {"common", "msgspec"},
    "client": {"common", "protocol", "aiohttp", "jwt", "msgspec", "redis", "websocket"},
    "conformance": {"common", "protocol", "client", "msgspec"},
    "training": {"common", "protocol", "client", "babel", "dotenv", "msgspec"},
    "server": {
        "common",
        "protocol",
        "aiohttp",
        "aiosqlite",
        "cachetools",
        "dotenv",
        "jwt",
        "msgspec",
        "prometheus_client",
        "redis",
        "uvloop",
    },
    "simulator": {
        "common",
        "protocol",
        "client",
        "aiohttp",
        "cachetools",
        "dotenv",
        "jwt",
        "msgspec",
    },
    "dashboard": {
        "common",
        "protocol",
        "client",
        "conformance",
        "training",
        "babel",
        "dotenv",
        "msgspec",
        "pandas",
        "prometheus_client",
        "starlette",
        "streamlit",
    },
    "bench": {
        "common",
        "protocol",
        "client",
        "training",
        "aiohttp",
        "msgspec",
        "playwright",
        "uvloop",
    },
}

PURE = [
    "bench/histories/checker.py",
    "bench/histories/events.py",
    "bench/load/frame_codec.py",
    "bench/load/monitor_reports.py",
    "client/errors.py",
    "client/publisher/batching.py",
    "client/publisher/responses.py",
    "client/recorded_frames.py",
    "client/sans_io/*.py",
    "client/token_placeholders.py",
    "client/url.py",
    "common/counted_json.py",
    "common/field_conditions.py",
    "common/pattern_suggestions.py",
    "common/regular_expressions.py",
    "common/text_markers.py",
    "common/text_patterns.py",
    "conformance/cases.py",
    "conformance/case_types.py",
    "conformance/placeholders.py",
    "dashboard/messages/*.py",
    "dashboard/sockets/socket_status.py",
    "dashboard/state/*.py",
    "dashboard/ui/frozen_list.py",
    "dashboard/ui/shown_rows.py",
    "dashboard/ui/steady_order.py",
    "dashboard/ui/url_values.py",
    "dashboard/views/connections/access_explanation.py",
    "dashboard/views/connections/event_listing.py",
    "dashboard/views/connections/listing.py",
    "dashboard/frames/code_descriptions.py",
    "dashboard/frames/connection_summary.py",
    "dashboard/frames/connection_tracker.py",
    "dashboard/frames/event_origins.py",
    "dashboard/views/console/field_help.py",
    "dashboard/views/console/frame_filter.py",
    "dashboard/frames/frame_text.py",
    "dashboard/frames/json_check.py",
    "dashboard/frames/templates.py",
    "dashboard/views/console/next_steps.py",
    "dashboard/views/console/schema.py",
    "dashboard/views/console/template_order.py",
    "dashboard/views/inbox/conversations.py",
    "dashboard/views/inbox/notifications.py",
    "dashboard/views/inbox/safe_links.py",
    "dashboard/views/orders/delivery_times.py",
    "dashboard/views/orders/progress_steps.py",
    "dashboard/views/training/action_texts.py",
    "dashboard/views/training/frame_scope.py",
    "dashboard/views/training/lesson_html.py",
    "dashboard/web/access_rules.py",
    "dashboard/web/map_frames.py",
    "protocol/*.py",
    "protocol/redis/initial_epoch.py",
    "server/auth/identity.py",
    "server/auth/permissions.py",
    "server/auth/revocations.py",
    "server/cluster/bus_messages.py",
    "server/cluster/connection_limits.py",
    "server/cluster/leader.py",
    "server/cluster/node_queries.py",
    "server/cluster/node_registry.py",
    "server/errors.py",
    "server/http/plain_requests.py",
    "server/monitoring/connection_log.py",
    "server/monitoring/counters.py",
    "server/monitoring/delivery_counts.py",
    "server/monitoring/latency.py",
    "server/monitoring/tenant_stats.py",
    "server/monitoring/traffic_sampler.py",
    "server/pubsub/brokers/base.py",
    "server/pubsub/brokers/memory/history.py",
    "server/pubsub/brokers/redis/channel_cursor.py",
    "server/pubsub/hub.py",
    "server/services/*.py",
    "server/session/*.py",
    "server/websocket/batch_writer.py",
    "server/websocket/frame_codec.py",
    "server/websocket/keepalive.py",
    "server/websocket/send_queue.py",
    "server/websocket/slow_consumers.py",
    "server/websocket/write_budget.py",
    "simulator/api/commands.py",
    "simulator/api/serializers.py",
    "simulator/dry_run/summary.py",
    "simulator/engine/*.py",
    "simulator/scenarios/*.py",
    "simulator/shop/*.py",
    "training/actions.py",
    "training/class_csv.py",
    "training/conditions.py",
    "training/evaluation.py",
    "training/lesson_rules.py",
    "training/lesson_types.py",
    "training/lessons/*.py",
    "training/placeholders.py",
    "training/progress.py",
    "training/progress_code.py",
]
IMPURE = {"aiohttp", "streamlit", "redis", "threading", "socket", "time"}

SAME_CLASS_NAMES = {
    "Settings": "the settings of one program, in the module settings of each",
}


def modules_in(*packages: str) -> dict[str, Path]:
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
    }


MODULES = modules_in(*MAY_IMPORT)
TREES = {name: ast.parse(path.read_text()) for name, path in MODULES.items()}
PURE_PATHS = {path for pattern in PURE for path in ROOT.glob(pattern)}
PURE_MODULES = [name for name, path in MODULES.items() if path in PURE_PATHS]


def executed(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree without what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        yield child
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            child = ast.Module(child.orelse, [])
        yield from executed(child)


def imported_names(tree: ast.AST) -> Iterator[str]:
    for node in executed(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"a relative import in line {node.lineno}"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if submodule in MODULES else str(node.module)


def with_parents(name: str) -> Iterator[str]:
    """Yield a module and the packages above it, which are imported with it."""
    parts = name.split(".")
    yield from (".".join(parts[:count]) for count in range(len(parts), 0, -1))


IMPORTS = {
    name: {each for imported in imported_names(tree) for each in with_parents(imported)}
    | set(with_parents(name)) - {name}
    for name, tree in TREES.items()
}


def chain_to_impure(module: str) -> list[str] | None:
    """Find the shortest chain of imports from a module to a library of ``IMPURE``."""
    chains = deque([[module]])
    seen = {module}
    while chains:
        chain = chains.popleft()
        for name in sorted(IMPORTS[chain[-1]] - seen):
            seen.add(name)
            if name in IMPURE:
                return [*chain, name]
            if name in IMPORTS:
                chains.append([*chain, name])
    return None


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_what_lies_below(package):
    found = {
        name.partition(".")[0]
        for module, imports in IMPORTS.items()
        if module.partition(".")[0] == package
        for name in imports
    }

    assert found - sys.stdlib_module_names - {package} <= MAY_IMPORT[package]


@pytest.mark.parametrize("module", PURE_MODULES)
def test_a_pure_module_reaches_no_input_output_no_thread_and_no_clock(module):
    chain = chain_to_impure(module)

    assert chain is None, " -> ".join(chain)


@pytest.mark.parametrize("pattern", PURE)
def test_each_pattern_of_pure_modules_matches_some(pattern):
    assert list(ROOT.glob(pattern))


def test_a_module_that_calls_itself_pure_is_checked_for_it():
    claims = {
        name
        for name, tree in TREES.items()
        if re.search(r"\b[Pp]ure\b(?!, but)", ast.get_docstring(tree) or "")
        and MODULES[name].name != "__init__.py"
    }

    assert sorted(claims - set(PURE_MODULES)) == []


@pytest.mark.parametrize("package", [name for name in MODULES if MODULES[name].stem == "__init__"])
def test_a_package_says_what_belongs_in_it_and_what_does_not(package):
    summary, _, paragraph = (ast.get_docstring(TREES[package]) or "").partition("\n\n")

    assert summary, f"{MODULES[package]} has no docstring"
    assert paragraph, f"{MODULES[package]} says nothing after its first line: {summary!r}"


def test_a_page_is_imported_by_no_other_page_and_by_nothing_below_the_pages():
    crossing = [
        f"{module} imports {imported}"
        for module, imports in IMPORTS.items()
        for imported in sorted(imports)
        if imported.startswith("dashboard.views.")
        and imported.split(".")[:3] != module.split(".")[:3]
        and module != "dashboard.app"
    ]

    assert not crossing, "\n".join(["", *crossing])


def test_a_class_name_means_one_thing():
    modules = defaultdict(list)
    for module, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                modules[node.name].append(module)
    repeated = {name: where for name, where in modules.items() if len(where) > 1}
    unexplained = [
        f"{name}: {', '.join(where)}"
        for name, where in sorted(repeated.items())
        if name not in SAME_CLASS_NAMES
    ]

    assert not unexplained, "\n".join(["", *unexplained])
    assert SAME_CLASS_NAMES.keys() <= repeated.keys()


def test_names_on_the_wire_do_not_depend_on_the_names_of_classes():
    derived = [
        f"{module}: {node.name}"
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for keyword in node.keywords
        if keyword.arg == "tag"
        and not (isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str))
    ]

    assert derived == []


def test_no_module_uses_aiohttps_socket():
    """
    Everything a client gets goes through its send queue, or the order of frames is lost.
    """
    users = {
        module
        for module in modules_in("server")
        if "WebSocketResponse" in MODULES[module].read_text()
    }

    assert users == set()


def test_few_modules_of_the_server_read_the_wall_clock():
    """
    It may be corrected: limits, timeouts and liveness run on the monotonic clock.
    """
    readers = {
        module
        for module in modules_in("server")
        if re.search(
            r"\btime\.time\b|import time, |from time import time", MODULES[module].read_text()
        )
    }

    assert readers == {
        "server.app",  # passes it on to those who stamp messages and check tokens
        "server.auth.jwt_verifier",  # tokens expire by it
        "server.pubsub.brokers.redis.batch_publisher",  # deadlines by the clock of Redis
    }
