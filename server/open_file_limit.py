"""Raises the limit of open files: every connection is one, and the default is low."""

from __future__ import annotations

import logging

from server.http.http_connections import MAX_HTTP_CONNECTIONS

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]  # stands for "no limit" below

RESERVED_FILES = 200 + MAX_HTTP_CONNECTIONS  # for the database, the event loop, logs and HTTP

log = logging.getLogger(__name__)


def raise_open_file_limit(connections: int) -> None:
    """Raise this process's limit as far as needed and allowed; logs if it is too low."""
    if resource is None:
        return
    wanted = connections + RESERVED_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft != resource.RLIM_INFINITY and soft < wanted:
        log.warning(
            "only %d files may be open, which is enough for %d connections instead of "
            "WORKBENCH_CONNECTIONS=%d; `ulimit -Hn %d` before the start allows them",
            soft,
            max(0, soft - RESERVED_FILES),
            connections,
            wanted,
        )
