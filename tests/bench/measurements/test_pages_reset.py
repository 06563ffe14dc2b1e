"""What the measurement of resets counts."""

from bench.measurements import pages_reset


def test_pages_with_an_order_of_an_ended_run_are_counted():
    texts = ["ORD-A1-007 shipped", "ORD-B2-001", "no orders", "ORD-B2-002 ORD-A1-001"]

    assert pages_reset.runs_in(texts[3]) == {"A1", "B2"}
    assert pages_reset.leftovers(texts, {"A1"}) == 2
    assert pages_reset.leftovers(texts, set()) == 0
