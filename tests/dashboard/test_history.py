"""The history of messages."""

from dashboard.history import CHUNK, Log, Recorder


def fill(recorder, count, text=b"{}"):
    for n in range(count):
        recorder.append(float(n), "user:user_1", "cart_update", 1, text)


def test_keeps_messages_in_the_order_they_came():
    recorder = Recorder()
    fill(recorder, CHUNK + 3)

    seqs = [message.seq for message in recorder.moment().newest_first()]

    assert seqs == list(range(CHUNK + 3, 0, -1))


def test_a_moment_does_not_change_when_more_comes():
    recorder = Recorder()
    fill(recorder, 3)
    held = recorder.moment()

    fill(recorder, 2 * CHUNK)

    assert (held.seq, held.kept, len(list(held.newest_first()))) == (3, 3, 3)


def test_forgets_the_oldest_once_enough_messages_are_kept():
    recorder = Recorder(messages=3 * CHUNK)
    fill(recorder, 10 * CHUNK)

    log = recorder.moment()

    assert log.kept == sum(len(chunk) for chunk in log.chunks) == 3 * CHUNK
    assert next(log.newest_first()).seq == log.seq == 10 * CHUNK


def test_never_keeps_less_than_it_promises():
    recorder = Recorder(messages=2 * CHUNK)
    for _ in range(5 * CHUNK):
        fill(recorder, 1)
        assert recorder.moment().kept >= min(recorder.moment().seq, 2 * CHUNK)


def test_forgets_the_oldest_once_enough_bytes_are_kept():
    recorder = Recorder(size=CHUNK * 1000)
    fill(recorder, 4 * CHUNK, text=b"x" * 500)

    assert recorder.moment().kept == 2 * CHUNK


def test_of_nothing_has_no_oldest_message():
    assert Log().oldest_at is None


def test_handed_out_twice_is_made_of_the_same_chunks():
    recorder = Recorder()
    fill(recorder, 2 * CHUNK)

    once, twice = recorder.moment(), recorder.moment()

    assert all(a is b for a, b in zip(once.chunks, twice.chunks, strict=True))
