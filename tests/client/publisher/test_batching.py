"""The backlog of publications: what a batch may hold."""

from client.publisher.batching import PublishQueue, QueuedPublication


def queue_of(*sizes):
    backlog = PublishQueue(100)
    for size in sizes:
        backlog.put(QueuedPublication(b"1" * size, "an item"))
    return backlog


def test_a_batch_has_the_oldest_items_which_stay_queued():
    backlog = queue_of(1, 2)

    assert backlog.next_batch("key").body == b"[1,11]"
    assert len(backlog) == 2


def test_a_batch_has_at_least_one_item():
    backlog = queue_of(1000, 1000)

    backlog.reduce_batch_size(backlog.next_batch("key"))
    backlog.reduce_batch_size(backlog.next_batch("key"))

    assert len(backlog.next_batch("key").items) == 1


def test_cleared_items_count_as_completed():
    backlog = queue_of(1, 2, 3)

    assert backlog.clear() == 3
    assert (len(backlog), backlog.completed) == (0, 3)


def test_a_rejected_item_is_removed_alone():
    backlog = queue_of(1, 2, 3)

    assert backlog.remove_item(1).json == b"11"

    assert backlog.next_batch("key").body == b"[1,111]"
    assert backlog.completed == 1
