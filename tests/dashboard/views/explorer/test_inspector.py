"""What the inspector writes as HTML."""

from dashboard.messages.fields import FieldChange
from dashboard.state.message_log import LoggedMessage
from dashboard.views.explorer.inspector import diff_html, nobody_text


def test_a_changed_field_shows_only_the_sides_that_exist():
    assert "<s>" not in diff_html([FieldChange("new", None, "1")])
    assert "<ins>" not in diff_html([FieldChange("gone", "1", None)])


def test_a_message_that_reached_nobody_names_the_channel_without_subscribers():
    def said(channel):
        return nobody_text(LoggedMessage(1, 0.0, channel, "notification", 0, b"{}"))

    assert said("order:ord_1") == "nobody was subscribed to order:ord_1"
    assert said("*") == "nobody was connected"


def test_values_are_escaped():
    evil = "<script>alert(1)</script>"

    diff = diff_html([FieldChange(evil, evil, evil)])

    assert "<script>" not in diff
    assert diff.count("&lt;script&gt;") == 3
