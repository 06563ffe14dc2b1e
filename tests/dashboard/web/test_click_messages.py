"""Clicks in the messages of a browser."""

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard.web.click_messages import TRIGGER_FIELDS, correct_clicks

CLICKS = {
    "button": {"trigger_value": True},
    "chat": {"chat_input_value": {"data": "Дякую"}},
    "grid": {"json_trigger_value": "[{}]"},
    "words": {"string_trigger_value": {"data": "words"}},
}
VALUES = {"field": {"string_value": "user:"}, "switch": {"bool_value": True}}


def message(*clicks, by_timer=False, fragment="page"):
    """A message with the values of a text field and a switch, and with clicks."""
    states = [{"id": name, **(CLICKS | VALUES)[name]} for name in (*clicks, *VALUES)]
    run = {"is_auto_rerun": by_timer, "fragment_id": fragment, "widget_states": {"widgets": states}}
    return BackMsg(rerun_script=run)


def corrected(sent):
    return BackMsg.FromString(correct_clicks(sent.SerializeToString()))


@pytest.mark.parametrize("name", CLICKS)
def test_a_click_is_passed_unchanged(name):
    assert corrected(message(name)) == message(name)


def test_a_timer_brings_no_click_but_everything_else():
    assert corrected(message(*CLICKS, by_timer=True)) == message(by_timer=True)


def test_a_message_with_two_clicks_is_for_the_whole_page():
    assert corrected(message("button", "grid")) == message("button", "grid", fragment="")


def test_streamlit_has_no_other_kind_of_click():
    state = message("button").rerun_script.widget_states.widgets[0]
    kinds = {field.name for field in state.DESCRIPTOR.oneofs_by_name["value"].fields}

    assert {kind for kind in kinds if "trigger" in kind} | {"chat_input_value"} == set(
        TRIGGER_FIELDS
    )


@pytest.mark.parametrize(
    "sent", [BackMsg(), BackMsg(load_git_info=True), BackMsg(clear_cache=True)]
)
def test_a_message_without_a_run_is_unchanged(sent):
    assert correct_clicks(sent.SerializeToString()) == sent.SerializeToString()
