"""Money: amounts in UAH with two decimal places, never binary floats."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

KOPECK = Decimal("0.01")
MAX_AMOUNT = Decimal(10) ** 15  # UAH; larger ones lose kopecks in JSON readers that use doubles


class Money(Decimal):
    """An amount in UAH; on the wire a JSON number with two decimal places."""

    @classmethod
    def of(cls, amount: Decimal | int) -> Money:
        """Return an amount, which must be a whole number of kopecks.

        Raises:
            ValueError: the amount is not, is not finite, or exceeds ``MAX_AMOUNT``.
        """
        try:
            exact = amount.quantize(KOPECK) if isinstance(amount, Decimal) else Decimal(amount)
        except InvalidOperation:
            raise ValueError("not an amount of money") from None
        if exact != amount or abs(exact) > MAX_AMOUNT:
            raise ValueError("not an amount of money")
        return cls(exact.quantize(KOPECK))

    @property
    def has_two_decimals(self) -> bool:
        """Whether the amount was decoded with two decimal places."""
        return self.as_tuple().exponent == -2


def decode_money(target_type: type, value: Any) -> Any:
    """Decode hook of msgspec: a JSON number as ``Money``, with its digits.

    Raises:
        ValueError: the value is not a number, or not a whole number of kopecks.
        NotImplementedError: ``target_type`` is another type.
    """
    if target_type is not Money:
        raise NotImplementedError(target_type)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("Expected a number with two decimal places")  # noqa: TRY004 - msgspec reports ValueError with its path
    Money.of(value)
    return Money(value)


def encode_money(value: Any) -> Any:
    """Encode hook of msgspec: ``Money`` as a Decimal."""
    if not isinstance(value, Money):
        raise NotImplementedError(type(value))
    return Decimal(value).quantize(KOPECK)
