"""Recording that a learner has a lesson open."""

import threading

from dashboard.views.training.presence import Presence


def test_a_learner_is_recorded_again_and_again_until_the_lesson_is_closed():
    recorded, before = threading.Semaphore(0), set(threading.enumerate())
    presence = Presence(recorded.release, every_s=0.001)
    (thread,) = set(threading.enumerate()) - before

    for _ in range(3):
        assert recorded.acquire(timeout=30)

    presence.end()
    thread.join(30)
    assert not thread.is_alive()
