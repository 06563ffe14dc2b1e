"""Money: hryvnias with two decimal places, never a binary float."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

KOPECK = Decimal("0.01")
MAX_AMOUNT = Decimal(10) ** 15  # UAH; beyond it a JSON reader with doubles loses kopecks


class Money(Decimal):
    """An amount in UAH; on the wire a JSON number with two decimal places."""

    @classmethod
    def of(cls, amount: Decimal | int) -> Money:
        """Take an amount that is a whole number of kopecks.

        Raises:
            ValueError: it is not, or is not finite, or is beyond ``MOST``.
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
        """Tell whether it was read from, or would be written with, two decimal places."""
        return self.as_tuple().exponent == -2


def decode_money(target_type: type, value: Any) -> Any:
    """Decode what msgspec has no rule for: a JSON number as ``Money``, its digits kept.

    Raises:
        ValueError: a string, a boolean, or no whole number of kopecks.
        NotImplementedError: ``wanted`` is some other type.
    """
    if target_type is not Money:
        raise NotImplementedError(target_type)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("Expected a number with two decimal places")  # noqa: TRY004 - msgspec reports ValueError with its path
    Money.of(value)
    return Money(value)


def encode_money(value: Any) -> Any:
    """Encode what msgspec has no rule for: ``Money`` as the Decimal it is."""
    if not isinstance(value, Money):
        raise NotImplementedError(type(value))
    return Decimal(value).quantize(KOPECK)
