"""The shop in English and in Ukrainian: the same shop in other words."""

import re

import msgspec
import pytest

from protocol import codec
from protocol.publications import PublishRequest
from simulator import data_files
from simulator.data_files import InvalidDataFile
from simulator.dry_run.run import create_shop, summarise
from simulator.scenarios.definitions import load_scenarios
from simulator.shop import notification_texts
from simulator.shop.command_handler import CUSTOMER_POOL_SIZE
from simulator.shop.simulation_context import RunConfig

CYRILLIC = re.compile(r"[\u0400-\u04ff]")
DATA_FILES = ("products.jsonl", "people.toml", "support.toml", "notifications.toml")
TEXTS = {"name", "title", "body", "tracking_status", "location", "product_name"}


def publications(data, seconds):
    """The publications of a shop in which every scenario is started."""
    shop = create_shop(data, RunConfig(connected_customers=5), load_scenarios())
    events = shop.step(seconds)
    return [
        (event.type, str(event.address()), codec.decode_json(bytes(event.payload)))
        for event in events
        if isinstance(event, PublishRequest)
    ]


def without_texts(value):
    if isinstance(value, dict):
        return {key: without_texts(item) for key, item in value.items() if key not in TEXTS}
    if isinstance(value, list | tuple):
        return [without_texts(item) for item in value]
    return value


def test_the_same_seed_gives_the_same_events_in_both_languages(shop_data, english_data):
    """
    Ids, prices, quantities, times and their order are equal; only texts differ.
    """
    ukrainian, english = publications(shop_data, 90), publications(english_data, 90)

    assert len(ukrainian) > 1000
    assert ukrainian != english
    assert without_texts(ukrainian) == without_texts(english)


def test_the_summary_does_not_depend_on_the_language(shop_data, english_data):
    config = RunConfig(connected_customers=25)

    assert (
        summarise(create_shop(shop_data, config, ()), 60).table()
        == summarise(create_shop(english_data, config, ()), 60).table()
    )


def test_nothing_in_the_english_shop_is_in_ukrainian(english_data):
    data = english_data
    words = [
        codec.encode_json(publications(data, 90)),
        msgspec.json.encode(data.support_script),
        msgspec.json.encode(data.announcements),
        msgspec.json.encode(data.texts),
        msgspec.json.encode([data.customers.customer(n) for n in range(1, CUSTOMER_POOL_SIZE)]),
    ]

    assert not [CYRILLIC.findall(text.decode()) for text in words if CYRILLIC.search(text.decode())]


def test_products_keep_everything_but_their_names(shop_data, english_data):
    def facts(data):
        return [
            (p.id, p.sku, p.price, p.threshold, p.popularity, list(p.stock.values()))
            for p in data.catalogue.products
        ]

    names = [product.name for product in english_data.catalogue.products]
    assert facts(shop_data) == facts(english_data)
    assert len(set(names)) == len(names)


def test_a_customer_is_the_same_person_in_both_languages(shop_data, english_data):
    assert shop_data.customers.customer(1).name == "Володимир Левицький"
    assert english_data.customers.customer(1).name == "Volodymyr Levytskyi"


@pytest.mark.parametrize("name", DATA_FILES)
def test_both_languages_use_the_same_names_in_braces(name):
    pairs = re.findall(
        r'"?uk"? ?[=:] "([^"]*)", "?en"? ?[=:] "([^"]*)"', data_files.read_text(name)
    )

    assert pairs
    for ukrainian, english in pairs:
        assert set(re.findall(r"{\w+}", ukrainian)) == set(re.findall(r"{\w+}", english))


def test_a_text_that_is_missing_in_one_language_is_reported(shop_data):
    text = data_files.read_text("notifications.toml")
    untranslated = text.replace(', en = "Delivered" }', " }")

    with pytest.raises(InvalidDataFile, match=r"notifications\.toml: No text in en beside .*Отр"):
        notification_texts.parse_notification_texts(untranslated, shop_data.language)


def test_an_unknown_name_in_braces_is_reported(shop_data):
    text = data_files.read_text("notifications.toml").replace("{branch}", "{office}")

    with pytest.raises(InvalidDataFile, match="may use branch in braces"):
        notification_texts.parse_notification_texts(text, shop_data.language)


def test_a_status_without_a_text_is_reported(shop_data):
    text = data_files.read_text("notifications.toml").replace("[orders.paid]", "[orders.pending_]")

    with pytest.raises(InvalidDataFile):
        notification_texts.parse_notification_texts(text, shop_data.language)
