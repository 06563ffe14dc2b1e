"""The summary of a run: computed from its publications, and reproducible."""

from decimal import Decimal

from simulator.dry_run.run import create_shop, summarise
from simulator.dry_run.summary import RunSummary
from simulator.shop.simulation_context import RunConfig


def summary_of(shop_data, seconds, *scenarios, **config):
    return summarise(create_shop(shop_data, RunConfig(**config), scenarios), seconds)


def test_a_seed_gives_the_same_summary_on_every_machine(shop_data):
    """
    A change of the shop's behaviour changes these numbers, and those in docs/simulator.md.
    """
    summary = summary_of(shop_data, 600, seed=7, rate=20.0, connected_customers=25)

    assert (summary.messages.total(), summary.orders) == (11_831, 500)
    assert summary.alerts == {"low_stock": 125, "out_of_stock": 12, "back_in_stock": 98}
    assert summary.revenue == Decimal("7894909.50")


def test_a_summary_counts_publications(shop_data, publications_of):
    summary = RunSummary()
    published = publications_of(120)
    for publication in published:
        summary.add(publication)

    assert summary.messages.total() == len(published)
    assert summary.orders == summary.messages["new_order"] > 0
    assert summary.messages["inventory_alert"] == summary.alerts.total()


def test_a_summary_includes_the_effect_of_initial_scenarios(shop_data):
    usual, rush = summary_of(shop_data, 90), summary_of(shop_data, 90, "chat-rush")

    assert rush.questions > usual.questions + 10


def test_a_summary_is_formatted_as_a_table(shop_data):
    summary = summary_of(shop_data, 60)
    lines = summary.table().splitlines()

    assert lines[:2] == ["| | |", "|---|---:|"]
    assert f"| orders | {summary.orders} |" in lines
    assert all(line.count("|") == 3 for line in lines)
