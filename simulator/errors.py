"""Errors that several parts of the simulator raise or handle."""

from __future__ import annotations


class CommandRejected(Exception):
    """A command that cannot be executed; ``field`` names the field that is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
