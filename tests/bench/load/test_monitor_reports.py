"""The generated reports: as many messages as are asked for, and a sample as the server's."""

import msgspec

from bench.load.monitor_reports import SAMPLES_PER_SECOND, ReportGenerator
from protocol.codec import validate_event
from protocol.messages import Envelope


def reports(messages_per_second, count=8, seed=7):
    generator = ReportGenerator(seed)
    return [
        generator.traffic(messages_per_second, 0.25, 1_700_000_000.0 + number / 4)
        for number in range(count)
    ]


def test_counts_are_exact_and_the_sample_is_cut_as_the_servers():
    for rate in (20, 500, 2000):
        made = reports(rate)

        counted = sum(totals.messages for one in made for totals in one.kinds.values())
        sampled = sum(len(one.sample) for one in made)
        assert counted == 2 * rate
        assert sampled == min(counted, 2 * SAMPLES_PER_SECOND)
        assert sum(one.left_out for one in made) == counted - sampled


def test_the_same_seed_makes_the_same_reports():
    assert reports(200) == reports(200)


def test_the_feed_can_read_every_sampled_message():
    for one in reports(500):
        for sample in one.sample:
            message = msgspec.json.decode(bytes(sample.message), type=Envelope)
            if message.type == "order_update":
                validate_event(message.type, message.payload)
