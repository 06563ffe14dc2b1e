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
    """A warehouse; ``lead_time_s`` is the shortest and longest lead time of deliveries."""

    name: NonEmptyText
    lead_time_s: tuple[PositiveSeconds, PositiveSeconds]


class Product(Struct, frozen=True, forbid_unknown_fields=True):
    """A product.

    ``price`` is in UAH.  A shelf with ``threshold`` pieces or fewer is low and is replenished with
    ``reorder_quantity`` pieces.  ``popularity`` is the relative probability of being chosen;
    ``stock`` is the initial number of pieces in each warehouse.
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
    """All products and warehouses, in the order of their files."""

    warehouses: tuple[Warehouse, ...]
    products: tuple[Product, ...]


class _WarehousesFile(Struct, frozen=True, forbid_unknown_fields=True):
    warehouses: Annotated[tuple[Warehouse, ...], Meta(min_length=1)]


def load_catalogue() -> Catalogue:
    """Load the catalogue of the data files.

    Raises:
        InvalidDataFile: a file is invalid.
    """
    return parse_catalogue(read_text("warehouses.toml"), read_text("products.jsonl"))


def parse_catalogue(warehouses: str, products: str) -> Catalogue:
    """Parse the texts of the catalogue's two files.

    Raises:
        InvalidDataFile: one of them is invalid.
    """
    all_warehouses = parse_toml("warehouses.toml", warehouses, _WarehousesFile).warehouses
    for warehouse in all_warehouses:
        shortest, longest = warehouse.lead_time_s
        if shortest > longest:
            raise InvalidDataFile(
                f"warehouses.toml, {warehouse.name}: the longest lead time is first"
            )
    entries = parse_json_lines("products.jsonl", products, Product)
    if not entries:
        raise InvalidDataFile("products.jsonl: there is no product")
    _check_products({warehouse.name for warehouse in all_warehouses}, entries)
    return Catalogue(warehouses=all_warehouses, products=tuple(product for _, product in entries))


def _check_products(warehouses: set[str], entries: Iterable[tuple[int, Product]]) -> None:
    used_ids: set[str] = set()
    for line, product in entries:
        error = _validation_error(product, warehouses, used_ids)
        if error:
            raise InvalidDataFile(f"products.jsonl, line {line} ({product.id}): {error}")
        used_ids |= {product.id, product.sku}


def _validation_error(product: Product, warehouses: set[str], used_ids: set[str]) -> str | None:
    if product.id in used_ids:
        return "the id is used twice"
    if product.sku in used_ids:
        return f"the SKU {product.sku} is used twice"
    if product.price <= 0:
        return "the price is not above zero"
    if product.stock.keys() != warehouses:
        return f"stock is not given for {', '.join(sorted(warehouses))}"
    if min(product.stock.values()) <= product.threshold:
        return f"a warehouse starts with {product.threshold} pieces (the threshold) or fewer"
    if product.reorder_quantity <= product.threshold:
        return f"a delivery of {product.reorder_quantity} does not exceed the threshold"
    return None
