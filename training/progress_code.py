"""A short code that carries progress to another machine.  Pure.

It holds the steps done, not the name: five bits for the number of lessons, then seven bits for
each lesson.  Letters are those of Crockford's base 32, which cannot be confused; the last one is
a check digit that detects every wrong letter and every two exchanged ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from common.text_markers import N_

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOK_ALIKES = str.maketrans("OILoil", "011011")
MAX_LENGTH = 16  # characters
COUNT_BITS, LESSON_BITS, DIGIT_BITS = 5, 7, 5
MAX_LESSONS = ((MAX_LENGTH - 1) * DIGIT_BITS - COUNT_BITS) // LESSON_BITS
MAX_STEPS = LESSON_BITS
_POLYNOMIAL = 0b100101  # x^5 + x^2 + 1: the powers of 2 are the 31 non-zero elements of GF(32)


class InvalidCode(ValueError):
    """The code is not one of this page; ``str()`` is an untranslated sentence."""


def encode_progress(lessons: Sequence[str], done: Mapping[str, Iterable[int]]) -> str:
    """Return the code of the steps done in these lessons.

    Args:
        lessons: the names of the built-in lessons, in an order that later versions only extend;
            at most ``MAX_LESSONS``.
        done: the steps done by lesson, from 0; at most ``MAX_STEPS`` of each.
    """
    number = len(lessons)
    for name in lessons:
        steps = sum(1 << step for step in set(done.get(name, ())) if step < MAX_STEPS)
        number = number << LESSON_BITS | steps
    bits = COUNT_BITS + LESSON_BITS * len(lessons)
    length = -(-bits // DIGIT_BITS)
    number <<= length * DIGIT_BITS - bits
    digits = [
        number >> DIGIT_BITS * position & (len(ALPHABET) - 1)
        for position in reversed(range(length))
    ]
    return "".join(ALPHABET[digit] for digit in (*digits, _check_digit(digits)))


def decode_progress(code: str, lessons: Sequence[str]) -> dict[str, frozenset[int]]:
    """Return the steps done by lesson.

    A code of an earlier version has fewer lessons; of a later version's, only those that are
    known here count.  Letters may be small, and stand in groups.

    Raises:
        InvalidCode: it is no code, or has a typing error.
    """
    text = "".join(code.split()).replace("-", "").translate(LOOK_ALIKES).upper()
    if not text:
        raise InvalidCode(N_("Type the code that the other page shows."))
    if any(letter not in ALPHABET for letter in text):
        raise InvalidCode(N_("A code has only letters and digits, and no letter U."))
    *digits, check = (ALPHABET.index(letter) for letter in text)
    count = digits[0] if digits else 0
    bits = COUNT_BITS + LESSON_BITS * count
    if len(digits) != -(-bits // DIGIT_BITS) or check != _check_digit(digits):
        raise InvalidCode(N_("This code has a typing error. Compare it letter by letter."))
    number = 0
    for digit in digits:
        number = number << DIGIT_BITS | digit
    number >>= len(digits) * DIGIT_BITS - bits
    done = {}
    for position, name in enumerate(lessons[:count]):
        steps = number >> LESSON_BITS * (count - 1 - position) & ((1 << LESSON_BITS) - 1)
        done[name] = frozenset(step for step in range(MAX_STEPS) if steps >> step & 1)
    return done


def _check_digit(digits: Sequence[int]) -> int:
    """Return the sum of all digits, each times another power of 2 in GF(32)."""
    total, weight = 0, 2
    for digit in digits:
        total ^= _multiply(digit, weight)
        weight = _multiply(weight, 2)
    return total


def _multiply(left: int, right: int) -> int:
    product = 0
    while right:
        if right & 1:
            product ^= left
        left <<= 1
        if left > 31:
            left ^= _POLYNOMIAL
        right >>= 1
    return product
