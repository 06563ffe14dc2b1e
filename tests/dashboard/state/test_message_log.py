"""The log of messages."""

from dashboard.state.message_log import CHUNK_SIZE, LogView, MessageBuffer


def fill(recorder, count, text=b"{}"):
    for n in range(count):
        recorder.append(float(n), "user:user_1", "cart_update", 1, text)


def test_keeps_messages_in_the_order_received():
    recorder = MessageBuffer()
    fill(recorder, CHUNK_SIZE + 3)

    seqs = [message.seq for message in recorder.view().newest_first()]

    assert seqs == list(range(CHUNK_SIZE + 3, 0, -1))


def test_a_view_is_immutable():
    recorder = MessageBuffer()
    fill(recorder, 3)
    view = recorder.view()

    fill(recorder, 2 * CHUNK_SIZE)

    assert (view.seq, view.count, len(list(view.newest_first()))) == (3, 3, 3)


def test_evicts_the_oldest_beyond_the_limit_of_messages():
    recorder = MessageBuffer(max_messages=3 * CHUNK_SIZE)
    fill(recorder, 10 * CHUNK_SIZE)

    log = recorder.view()

    assert log.count == sum(len(chunk) for chunk in log.chunks) == 3 * CHUNK_SIZE
    assert next(log.newest_first()).seq == log.seq == 10 * CHUNK_SIZE


def test_never_evicts_below_the_limit_of_messages():
    recorder = MessageBuffer(max_messages=2 * CHUNK_SIZE)
    for _ in range(5 * CHUNK_SIZE):
        fill(recorder, 1)
        assert recorder.view().count >= min(recorder.view().seq, 2 * CHUNK_SIZE)


def test_evicts_the_oldest_beyond_the_limit_of_bytes():
    recorder = MessageBuffer(max_bytes=CHUNK_SIZE * 1000)
    fill(recorder, 4 * CHUNK_SIZE, text=b"x" * 500)

    assert recorder.view().count == 2 * CHUNK_SIZE


def test_counts_what_was_dropped_after_a_message_whichever_limit_evicted_it():
    for recorder in (MessageBuffer(CHUNK_SIZE), MessageBuffer(max_bytes=CHUNK_SIZE * 2)):
        fill(recorder, 3 * CHUNK_SIZE)
        log = recorder.view()

        dropped = [log.dropped_after(seq) for seq in (5, 2 * CHUNK_SIZE, log.seq)]

        assert dropped == [2 * CHUNK_SIZE - 5, 0, 0]


def test_all_messages_after_one_are_dropped_when_the_log_is_cleared():
    recorder = MessageBuffer()
    fill(recorder, 9)
    recorder.clear()

    assert recorder.view().dropped_after(5) == 4


def test_an_empty_view_has_no_oldest_message():
    assert LogView().oldest_at is None


def test_two_views_share_their_chunks():
    recorder = MessageBuffer()
    fill(recorder, 2 * CHUNK_SIZE)

    once, twice = recorder.view(), recorder.view()

    assert all(a is b for a, b in zip(once.chunks, twice.chunks, strict=True))
