"""Parsing of commands: the body of ``POST /control``.

Checks the syntax; the shop rejects with the same ``CommandRejected`` what only it can check,
such as whether an order exists.
"""

from __future__ import annotations

import re

import msgspec

from protocol.simulator_api import Command
from simulator.errors import CommandRejected


class MalformedCommand(Exception):
    """The body is not a JSON object."""


_decoder: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_FIELD_IN_ERROR = re.compile(r"at `\$\.(\w+)|field `(.*)`$", re.DOTALL)


def parse_command(body: bytes) -> Command:
    """Parse a command.

    Raises:
        MalformedCommand: the body is not a JSON object.
        CommandRejected: the command is unknown, or a field of it is invalid, missing or unknown.
    """
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        if "Expected `object`" in str(error) and "at `" not in str(error):
            raise MalformedCommand from None
        found = _FIELD_IN_ERROR.search(str(error))
        field = (found[1] or found[2]) if found else "command"
        raise CommandRejected(field, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedCommand from None
