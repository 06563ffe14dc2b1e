"""docs/protocol.md documents every message, field, error and close code, and no others."""

import re
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import fields

from protocol import event_payloads
from protocol.channels import ChannelKind
from protocol.errors import CloseCode, ErrorCode, Reconnect
from protocol.messages import ClientMessage, ServerMessage

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
TYPES = {
    kind.__struct_config__.tag for kind in (*get_args(ClientMessage), *get_args(ServerMessage))
}


@pytest.mark.parametrize(
    "word", sorted({*TYPES, *ErrorCode, *(f"{kind}:" for kind in ChannelKind)}), ids=str
)
def test_every_type_error_code_and_channel_kind_is_documented(word):
    assert re.search(rf"[`\"]{re.escape(word)}", PAGE)


@pytest.mark.parametrize("code", [code for code in CloseCode if code is not CloseCode.NORMAL])
def test_every_close_code_is_documented(code):
    assert re.search(rf"^\| [^|]*\b{code.value}\b", PAGE, re.MULTILINE)


@pytest.mark.parametrize("code", [code for code in CloseCode if code is not CloseCode.NORMAL])
def test_the_page_and_the_code_agree_on_what_a_client_does_after_a_close_code(code):
    row = re.search(rf"^\| [^|]*\b{code.value}\b[^|]*\|[^|]*\|([^|]*)\|$", PAGE, re.MULTILINE)
    text = row[1].strip().lower()

    documented = {
        "no": Reconnect.NEVER,
        "immediately, with jitter": Reconnect.IMMEDIATELY,
        "with back-off": Reconnect.WITH_BACKOFF,
        "with a new token": Reconnect.WITH_NEW_TOKEN,
    }[text]
    assert code.reconnect is documented


@pytest.mark.parametrize(
    "payload",
    [
        event_payloads.OrderUpdatePayload,
        event_payloads.Order,
        event_payloads.OrderItem,
        event_payloads.NotificationPayload,
        event_payloads.CartUpdatePayload,
        event_payloads.CartSummary,
        event_payloads.CartItem,
        event_payloads.InventoryAlertPayload,
        event_payloads.CustomerActivityPayload,
        event_payloads.ChatMessagePayload,
        event_payloads.ChatMessageBody,
    ],
)
def test_every_field_of_an_event_is_documented(payload):
    missing = [field.name for field in fields(payload) if f"`{field.name}`" not in PAGE]

    assert missing == []


@pytest.mark.parametrize(
    "values",
    [
        event_payloads.OrderStatus,
        event_payloads.AlertType,
        event_payloads.CartAction,
        event_payloads.CustomerAction,
    ],
)
def test_every_value_of_an_event_is_documented(values):
    assert [value for value in values if f"`{value}`" not in PAGE] == []


def test_every_documented_message_exists():
    assert set(re.findall(r'\{"type": "(\w+)"', PAGE)) <= TYPES
