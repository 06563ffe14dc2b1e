"""Product catalogue with the initial stock by warehouse."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta, Struct

from protocol.money import Money
from simulator.data_files import InvalidDataFile, parse_json_lines, parse_toml, read_text

NonEmptyText = Annotated[str, Meta(min_length=1)]
PositiveInt = Annotated[int, Meta(ge=1)]
PositiveSeconds = Annotated[float, Meta(gt=0)]


class Warehouse(Struct, frozen=True, forbid_unknown_fields=True):
    """A warehouse; ``lead_time_s`` is the minimum and maximum lead time, in seconds."""

    name: NonEmptyText
    lead_time_s: tuple[PositiveSeconds, PositiveSeconds]


class Product(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to buy.

    ``price`` is in UAH.  A shelf with ``threshold`` pieces or fewer runs low, and its supplier
    then brings ``lot`` pieces.  ``popularity`` is how often it is chosen, relative to the others;
    ``stock`` is how many pieces lie in each warehouse at the start.
    """

    id: Annotated[str, Meta(pattern=r"^prod_\d+$")]
    sku: NonEmptyText
    name: NonEmptyText
    category: NonEmptyText
    price: Money
    threshold: PositiveInt
    reorder_quantity: PositiveInt
    popularity: PositiveInt
    stock: dict[str, int]


class Catalogue(Struct, frozen=True):
    """All products, in the order of the file, and all warehouses."""

    warehouses: tuple[Warehouse, ...]
    products: tuple[Product, ...]


class _Warehouses(Struct, frozen=True, forbid_unknown_fields=True):
    warehouses: Annotated[tuple[Warehouse, ...], Meta(min_length=1)]


def load_catalogue() -> Catalogue:
    """Read the shop's own catalogue.

    Raises:
        BadData: a file is wrong, and where.
    """
    return parse_catalogue(read_text("warehouses.toml"), read_text("products.jsonl"))


def parse_catalogue(warehouses: str, products: str) -> Catalogue:
    """Make a catalogue of the texts of its two files.

    Raises:
        BadData: one of them is wrong, and where.
    """
    places = parse_toml("warehouses.toml", warehouses, _Warehouses).warehouses
    for place in places:
        if place.lead_time_s[0] > place.lead_time_s[1]:
            raise InvalidDataFile(
                f"warehouses.toml, {place.name}: lead_time_s is not from quick to slow"
            )
    entries = parse_json_lines("products.jsonl", products, Product)
    if not entries:
        raise InvalidDataFile("products.jsonl: there is no product")
    _check_products({place.name for place in places}, entries)
    return Catalogue(warehouses=places, products=tuple(product for _, product in entries))


def _check_products(warehouses: set[str], entries: Iterable[tuple[int, Product]]) -> None:
    taken: set[str] = set()
    for line, product in entries:
        problem = _validation_error(product, warehouses, taken)
        if problem:
            raise InvalidDataFile(f"products.jsonl, line {line} ({product.id}): {problem}")
        taken |= {product.id, product.sku}


def _validation_error(product: Product, warehouses: set[str], used_ids: set[str]) -> str | None:
    if product.id in used_ids:
        return "the id is taken"
    if product.sku in used_ids:
        return f"the SKU {product.sku} is taken"
    if product.price <= 0:
        return "the price is not above zero"
    if product.stock.keys() != warehouses:
        return f"stock is not given for {', '.join(sorted(warehouses))}"
    if min(product.stock.values()) <= product.threshold:
        return f"a warehouse opens with {product.threshold} pieces (the threshold) or fewer"
    if product.reorder_quantity <= product.threshold:
        return f"a lot of {product.reorder_quantity} does not lift a shelf over {product.threshold}"
    return None
