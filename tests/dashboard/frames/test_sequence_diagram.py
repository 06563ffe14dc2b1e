"""The sequence diagram."""

from client.frame_recorder import FrameRecorder
from dashboard.frames import sequence_diagram
from dashboard.frames.connection_tracker import ConnectionTracker
from dashboard.frames.sequence_diagram import Lane
from dashboard.ui import formatting


def lane(frames, client="Олена"):
    return Lane(client, frames, ConnectionTracker.of(frames).notes)


def drawn(conversation, client="Олена"):
    return sequence_diagram.render_diagram(lane(conversation.frames, client), "server")


def test_an_event_has_the_colour_of_its_channel_and_a_replay_a_mark(conversation):
    conversation.record.record_sent(
        b'{"type":"subscribe","id":"r1","payload":{"channel":"order:o","last":true}}'
    )
    conversation.record.record_received(
        b'{"type":"subscribed","id":"r1","payload":{"channel":"order:o"},"timestamp":"2"}'
    )
    conversation.record.record_received(
        b'{"type":"order_update","payload":{"order_id":"o"},"timestamp":"1"}'
    )

    html = drawn(conversation)

    assert '<div class="down order replayed">order_update <span class="quiet">↻</span>' in html
    assert '<i class="dot order"></i>order:' in html


def test_a_second_client_has_its_own_side_of_the_server(conversation):
    conversation.record.record_sent(b'{"type":"chat_message","id":"r1","payload":{}}')
    agent = FrameRecorder(clock=lambda: conversation.now + 0.1)
    agent.record_received(b'{"type":"chat_message","payload":{}}')
    agent.record_sent(b'{"type":"ping","id":"r2"}')

    html = sequence_diagram.render_diagram(
        lane(conversation.frames), "server", lane(agent.frames(), "Марія")
    )

    sent, received, answered = (
        html.index(text) for text in ("chat_message <span", "chat_message<i", "ping <span")
    )
    assert sent < received < answered
    assert html[:received].endswith('<div class="idle"></div><div class="up accent">')
    assert html[:answered].endswith('<div class="idle"></div><div class="down accent">')


def test_draws_requests_up_and_replies_down_with_the_round_trip(conversation):
    conversation.record.record_sent(b'{"type":"ping","id":"r1"}')
    conversation.after(0.012).record_received(b'{"type":"pong","id":"r1"}')

    html = drawn(conversation)

    assert '<div class="up accent">ping <span class="quiet">"r1"</span>' in html
    assert '<div class="down muted">pong <span class="quiet">"r1"</span>' in html
    assert html.count("12 ms") == 1


def test_shows_a_pause_of_a_second_or_more(conversation):
    conversation.record.record_sent(b'{"type":"ping"}')
    conversation.after(0.9).record_sent(b'{"type":"ping"}')
    conversation.after(7).record_sent(b'{"type":"ping"}')

    assert drawn(conversation).count("+7 s") == 1
    assert "+1 s" not in drawn(conversation)


def test_draws_the_last_thirty_frames(conversation):
    for n in range(40):
        conversation.record.record_sent(b'{"type":"ping","id":"r%d"}' % n)

    html = drawn(conversation)

    assert html.count('class="up') == sequence_diagram.MAX_FRAMES
    assert '>"r10"<' in html
    assert '>"r9"<' not in html


def test_escapes_html_in_messages(conversation):
    conversation.record.record_sent(b'{"type":"<script>","id":"<b>"}')

    html = drawn(conversation, client="<i>")

    assert "<script>" not in html
    assert "<b></b>" in html  # its own
    assert "&lt;b&gt;" in html
    assert "&lt;i&gt;" in html


def test_formats_a_round_trip_in_few_digits():
    assert [formatting.format_round_trip(s) for s in (0.00042, 0.0123, 1.25)] == [
        "0.4 ms",
        "12 ms",
        "1.2 s",
    ]


def test_a_line_divides_what_came_before_a_time_from_what_came_after(conversation):
    conversation.record.record_sent(b'{"type":"ping","id":"r1"}')
    began = conversation.now + 5
    conversation.after(10).record_sent(b'{"type":"auth","id":"r2"}')
    divider = sequence_diagram.Divider(began, "this step")

    html = sequence_diagram.render_diagram(lane(conversation.frames), "server", divider=divider)

    assert html.count("this step") == 1
    assert html.index("ping <span") < html.index("this step") < html.index("auth <span")


def test_a_marked_frame_has_a_ground_of_its_own(conversation):
    conversation.record.record_sent(b'{"type":"ping"}')
    conversation.record.record_sent(b'{"type":"auth"}')
    marked = Lane("Olena", conversation.frames, lane(conversation.frames).notes, frozenset({2}))

    html = sequence_diagram.render_diagram(marked, "server")

    assert '<div class="up accent">ping' in html
    assert '<div class="up accent marked">auth' in html
