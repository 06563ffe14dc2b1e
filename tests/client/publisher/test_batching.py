"""The backlog of publications: what a batch may hold."""

from client.publisher.batching import PublishQueue, QueuedPublication


def backlog_of(*sizes):
    backlog = PublishQueue(100)
    for size in sizes:
        backlog.put(QueuedPublication(b"1" * size, "an item"))
    return backlog


def test_a_batch_is_a_list_of_the_oldest_which_stay_until_settled():
    backlog = backlog_of(1, 2)

    assert backlog.next_batch("key").body == b"[1,11]"
    assert len(backlog) == 2


def test_a_batch_has_an_item_however_little_the_server_takes():
    backlog = backlog_of(1000, 1000)

    backlog.reduce_batch_size(backlog.next_batch("key"))
    backlog.reduce_batch_size(backlog.next_batch("key"))

    assert len(backlog.next_batch("key").items) == 1


def test_an_item_that_is_refused_leaves_alone():
    backlog = backlog_of(1, 2, 3)

    assert backlog.remove_item(1).json == b"11"

    assert backlog.next_batch("key").body == b"[1,111]"
    assert backlog.completed == 1
