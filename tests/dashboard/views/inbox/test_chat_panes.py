"""The input field of a chat."""

from streamlit.testing.v1 import AppTest


def chat():
    """Draw an input field whose messages are refused if they are about tea."""
    from types import SimpleNamespace

    from dashboard.views.inbox import chat_panes
    from dashboard.views.inbox.participant import SendFailed

    def send_message(text, conversation):
        if "tea" in text:
            raise SendFailed("Rate limit exceeded")
        return "conv_1"

    socket = SimpleNamespace(status=lambda: SimpleNamespace(is_live=True))
    participant = SimpleNamespace(socket=socket, send_message=send_message)
    chat_panes.draw_message_input("staff", "Reply", participant, None)


def test_a_refused_message_stays_in_the_field_and_a_sent_one_does_not():
    page = AppTest.from_function(chat).run()

    page.chat_input[0].set_value("More tea").run()
    field = page.chat_input[0].proto
    assert (field.set_value, field.value) == (True, "More tea")

    page.chat_input[0].set_value("More coffee").run()
    assert not page.chat_input[0].proto.set_value
