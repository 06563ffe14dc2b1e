"""The report: a table to read, and every value as JSON."""

import json

from bench.report import json_document, text_table
from bench.stats import Measurement

MEASUREMENTS = [
    Measurement(section="first", name="a write", unit="µs", ours=[8, 7, 9]),
    Measurement(
        section="first", name="a delivery", unit="µs", ours=[2, 2], plain=[12], raw_write_us=[8]
    ),
    Measurement(
        section="second", name="a second", unit="k/s", ours=[1234.5], load_utilisation=[0.5]
    ),
]


def test_a_section_is_named_once_and_its_columns_are_aligned():
    assert text_table(MEASUREMENTS).splitlines() == [
        "                   ours    plain  to a write  to plain  load",
        "",
        "first",
        "  a write       8.00 µs        -           -         -     -",
        "  a delivery    2.00 µs  12.0 µs        0.25      0.17     -",
        "",
        "second",
        "  a second    1,234 k/s        -           -         -   50%",
    ]


def test_the_json_has_the_values_of_every_round_and_the_ratios():
    document = json.loads(json.dumps(json_document(MEASUREMENTS, {"rounds": 2})))

    assert document["rounds"] == 2
    assert document["figures"][1]["ours"] == [2, 2]
    assert (document["figures"][0]["median"], document["figures"][1]["to_bare"]) == (8, 0.25)
