"""Product catalogue with the initial stock by warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from protocol.money import Money
from protocol.simulator_api import ShopLanguage
from simulator.data_files import InvalidDataFile, parse_json_lines, parse_toml, read_text

NonEmptyText = Annotated[str, Meta(min_length=1)]
PositiveInt = Annotated[int, Meta(ge=1)]
PositiveSeconds = Annotated[float, Meta(gt=0)]


class Warehouse(Struct, frozen=True, forbid_unknown_fields=True):
    """A warehouse; ``lead_time_s`` is the shortest and longest lead time of deliveries.

    The data files refer to its ``id``, messages and commands to its ``name``.
    """

    id: NonEmptyText
    name: NonEmptyText
    lead_time_s: tuple[PositiveSeconds, PositiveSeconds]


class Product(Struct, frozen=True, forbid_unknown_fields=True):
    """A product.

    ``price`` is in UAH.  A shelf with ``threshold`` pieces or fewer is low and is replenished with
    ``reorder_quantity`` pieces.  ``popularity`` is the relative probability of being chosen;
    ``stock`` is the initial number of pieces in each warehouse, by its name.
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


class _CategoriesFile(Struct, frozen=True, forbid_unknown_fields=True):
    categories: dict[str, NonEmptyText]


class _WarehousesFile(Struct, frozen=True, forbid_unknown_fields=True):
    warehouses: Annotated[tuple[Warehouse, ...], Meta(min_length=1)]


def load_catalogue(language: ShopLanguage) -> Catalogue:
    """Load the catalogue of the data files.

    Raises:
        InvalidDataFile: a file is invalid.
    """
    return parse_catalogue(
        read_text("warehouses.toml"),
        read_text("categories.toml"),
        read_text("products.jsonl"),
        language,
    )


def parse_catalogue(
    warehouses: str, categories: str, products: str, language: ShopLanguage
) -> Catalogue:
    """Parse the texts of the catalogue's three files.

    Raises:
        InvalidDataFile: one of them is invalid.
    """
    places = parse_toml("warehouses.toml", warehouses, _WarehousesFile, language).warehouses
    for warehouse in places:
        shortest, longest = warehouse.lead_time_s
        if shortest > longest:
            raise InvalidDataFile(
                f"warehouses.toml, {warehouse.name}: the longest lead time is first"
            )
    names = parse_toml("categories.toml", categories, _CategoriesFile, language).categories
    entries = parse_json_lines("products.jsonl", products, Product, language)
    if not entries:
        raise InvalidDataFile("products.jsonl: there is no product")
    _check_products(places, names, entries)
    return Catalogue(
        warehouses=places,
        products=tuple(_with_names(product, places, names) for _, product in entries),
    )


def _with_names(
    product: Product, warehouses: Iterable[Warehouse], categories: Mapping[str, str]
) -> Product:
    """Replace the ids of warehouses and categories by their names."""
    stock = {warehouse.name: product.stock[warehouse.id] for warehouse in warehouses}
    return replace(product, stock=stock, category=categories[product.category])


def _check_products(
    warehouses: Iterable[Warehouse],
    categories: Mapping[str, str],
    entries: Iterable[tuple[int, Product]],
) -> None:
    warehouse_ids, used_ids = {warehouse.id for warehouse in warehouses}, set[str]()
    for line, product in entries:
        error = _validation_error(product, warehouse_ids, categories, used_ids)
        if error:
            raise InvalidDataFile(f"products.jsonl, line {line} ({product.id}): {error}")
        used_ids |= {product.id, product.sku}


def _validation_error(
    product: Product, warehouses: set[str], categories: Mapping[str, str], used_ids: set[str]
) -> str | None:
    if product.id in used_ids:
        return "the id is used twice"
    if product.sku in used_ids:
        return f"the SKU {product.sku} is used twice"
    if product.category not in categories:
        return f"there is no category {product.category}"
    if product.price <= 0:
        return "the price is not above zero"
    if product.stock.keys() != warehouses:
        return f"stock is not given for {', '.join(sorted(warehouses))}"
    if min(product.stock.values()) <= product.threshold:
        return f"a warehouse starts with {product.threshold} pieces (the threshold) or fewer"
    if product.reorder_quantity <= product.threshold:
        return f"a delivery of {product.reorder_quantity} does not exceed the threshold"
    return None
