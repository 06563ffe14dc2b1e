import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.progress_code import (
    ALPHABET,
    MAX_LENGTH,
    MAX_LESSONS,
    MAX_STEPS,
    InvalidCode,
    decode_progress,
    encode_progress,
)

LESSONS = tuple(f"lesson-{number}" for number in range(8))
steps_done = st.fixed_dictionaries(
    {name: st.frozensets(st.integers(0, MAX_STEPS - 1)) for name in LESSONS}
)


@settings(max_examples=40)
@given(steps_done)
def test_a_code_holds_the_steps_done(done):
    assert decode_progress(encode_progress(LESSONS, done), LESSONS) == done


@pytest.mark.parametrize("count", [0, 1, 8, MAX_LESSONS])
def test_a_code_has_at_most_sixteen_letters(count):
    lessons = [f"lesson-{number}" for number in range(count)]
    done = {name: frozenset(range(MAX_STEPS)) for name in lessons}

    code = encode_progress(lessons, done)

    assert len(code) <= MAX_LENGTH
    assert decode_progress(code, lessons) == done


@settings(max_examples=40)
@given(steps_done, st.integers(0, 30), st.sampled_from(ALPHABET))
def test_every_wrong_letter_is_noticed(done, position, letter):
    code = encode_progress(LESSONS, done)
    position %= len(code)
    if code[position] != letter:
        with pytest.raises(InvalidCode):
            decode_progress(code[:position] + letter + code[position + 1 :], LESSONS)


@settings(max_examples=40)
@given(steps_done, st.integers(0, 30), st.integers(0, 30))
def test_two_exchanged_letters_are_noticed(done, left, right):
    code = list(encode_progress(LESSONS, done))
    left, right = left % len(code), right % len(code)
    if code[left] != code[right]:
        code[left], code[right] = code[right], code[left]
        with pytest.raises(InvalidCode):
            decode_progress("".join(code), LESSONS)


def test_letters_may_be_small_look_alike_and_stand_in_groups():
    done = {"lesson-0": frozenset({0, 3}), "lesson-7": frozenset({1})}
    code = encode_progress(LESSONS, done)
    typed = f" {code[:4]}-{code[4:8]} {code[8:]} ".lower().replace("0", "o").replace("1", "l")

    decoded = decode_progress(typed, LESSONS)

    assert {name: steps for name, steps in decoded.items() if steps} == done


def test_a_code_outlives_added_lessons_and_is_read_by_an_earlier_version():
    done = {"lesson-0": frozenset({0, 1}), "lesson-2": frozenset({4})}

    earlier = decode_progress(encode_progress(LESSONS[:3], done), LESSONS)
    later = decode_progress(encode_progress(LESSONS, done), LESSONS[:2])

    assert earlier == {"lesson-0": {0, 1}, "lesson-1": frozenset(), "lesson-2": {4}}
    assert later == {"lesson-0": {0, 1}, "lesson-1": frozenset()}


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("", "Type the code"),
        ("--", "Type the code"),
        ("АБВ", "only letters and digits"),
        ("UUUU", "no letter U"),
        ("A", "typing error"),
        ("0000", "typing error"),
        ("ZZZZZZZZZZZZZZZZZZZZ", "typing error"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(code, sentence):
    with pytest.raises(InvalidCode, match=sentence):
        decode_progress(code, LESSONS)
