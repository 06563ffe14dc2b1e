"""Clicks in the messages of a browser."""

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard.web.click_dedup import TRIGGER_FIELDS, strip_triggers


def message(*, by_clock):
    """Widget states: a pressed button, a sent chat message, a text field and a switch."""
    sent = BackMsg()
    sent.rerun_script.is_auto_rerun = by_clock
    sent.rerun_script.fragment_id = "page"
    button, chat, grid, words, field, switch = (
        sent.rerun_script.widget_states.widgets.add(id=name)
        for name in ("button", "chat", "grid", "words", "field", "switch")
    )
    button.trigger_value = True
    chat.chat_input_value.data = "Дякую"
    grid.json_trigger_value = "[{}]"
    words.string_trigger_value.data = "words"
    field.string_value = "user:"
    switch.bool_value = True
    return sent


def test_a_click_is_passed_unchanged():
    sent = message(by_clock=False).SerializeToString()

    assert strip_triggers(sent) == sent


def test_a_timer_brings_no_click_but_everything_else():
    received = BackMsg.FromString(strip_triggers(message(by_clock=True).SerializeToString()))

    assert [one.id for one in received.rerun_script.widget_states.widgets] == ["field", "switch"]
    assert received.rerun_script.widget_states.widgets[0].string_value == "user:"
    assert received.rerun_script.fragment_id == "page"
    assert received.rerun_script.is_auto_rerun


def test_other_messages_are_unchanged():
    sent = BackMsg(load_git_info=True).SerializeToString()

    assert strip_triggers(sent) == sent


def test_streamlit_has_no_other_kind_of_click():
    state = message(by_clock=False).rerun_script.widget_states.widgets[0]
    kinds = {field.name for field in state.DESCRIPTOR.oneofs_by_name["value"].fields}

    assert {kind for kind in kinds if "trigger" in kind} | {"chat_input_value"} == set(
        TRIGGER_FIELDS
    )


@pytest.mark.parametrize("data", [b"", BackMsg(clear_cache=True).SerializeToString()])
def test_a_message_without_a_run_is_unchanged(data):
    assert strip_triggers(data) == data
