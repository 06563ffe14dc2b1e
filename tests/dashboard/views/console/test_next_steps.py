"""What a client has to do next, and until when."""

import pytest

from dashboard.frames import code_descriptions, connection_summary
from dashboard.i18n.translate import LANGUAGES, load_catalogue
from dashboard.personas import LABELS
from dashboard.views.console import next_steps
from dashboard.views.console.next_steps import Suggestion, next_step
from tests.fixtures import NOON

TOKEN_LIFE_S = 60.0


@pytest.fixture
def step(conversation):
    """What is to be done after the frames so far."""

    def get(channels=(), lost=(), has_position=True):
        now = connection_summary.summarise(conversation.frames)
        return next_step(now, channels, lost, conversation.now, has_position)

    return get


def sign_in(record, role="customer", expires="2023-11-14T22:14:20Z"):  # NOON and a minute
    record.record_received(
        b'{"type":"auth_success","payload":{"user_id":"user_1","role":"%s","tenant_id":"shop",'
        b'"expires_at":"%s"}}' % (role.encode(), expires.encode())
    )


def test_without_a_token_ten_seconds_are_left_to_sign_in(conversation, step):
    conversation.record.record_connecting(has_token=False)
    conversation.record.record_open()
    conversation.now += 4

    now = step()

    assert (now.deadline, now.code) == (NOON + 10, 4001)
    assert now.share_left(conversation.now) == pytest.approx(0.6)
    assert now.suggestion is Suggestion.AUTH


def test_with_a_public_channel_no_sign_in_is_needed(conversation, step):
    conversation.record.record_connecting(has_token=False)
    conversation.record.record_open()

    assert step(["public:announcements"]).deadline is None


def test_a_rejected_token_must_be_replaced_before_the_sign_in_timeout(conversation, step):
    conversation.record.record_connecting(has_token=True)
    conversation.record.record_open()
    conversation.after(1).record_received(b'{"type":"auth_error","payload":{"error":""}}')

    now = step()

    assert now.texts == (next_steps.SIGN_IN_AGAIN,)
    assert now.deadline == NOON + 10


def test_the_end_of_a_token_is_counted_down(conversation, step):
    conversation.record.record_open()
    sign_in(conversation.record)

    now = step()

    assert (now.texts, now.deadline) == ((next_steps.REFRESH,), NOON + TOKEN_LIFE_S)
    assert now.consequence == next_steps.EXPIRES_IN
    assert dict(now.times) == {"expires": NOON + 60, "closes": NOON + 85}


def test_nothing_is_to_be_done_while_a_token_is_valid_for_long(conversation, step):
    conversation.record.record_open()
    sign_in(conversation.record, expires="2023-11-14T23:14:20Z")

    now = step()

    assert now.deadline is None
    assert now.texts[:2] == (next_steps.NOTHING_DUE, next_steps.EXPIRES_LATER)
    assert dict(now.times) == {"expires": NOON + 3660, "closes": NOON + 3685}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_persona_with_a_short_token_is_named_as_the_sidebar_names_it(language):
    translate = load_catalogue(language).gettext

    label = translate(LABELS["short-lived"])
    assert label in translate(code_descriptions.PRACTISE_EXPIRY)


def test_after_its_end_25_seconds_are_left_for_a_new_token(conversation, step):
    conversation.record.record_open()
    sign_in(conversation.record)
    conversation.after(TOKEN_LIFE_S).record_received(b'{"type":"auth_error","payload":{}}')

    now = step()

    assert (now.deadline, now.code) == (NOON + TOKEN_LIFE_S + 25, 4103)
    assert now.texts == (next_steps.REFRESH_NOW,)


def test_the_rejection_of_a_second_token_changes_nothing(conversation, step):
    conversation.record.record_open()
    sign_in(conversation.record)
    conversation.record.record_received(b'{"type":"auth_error","id":"r1","payload":{}}')

    assert step().texts == (next_steps.REFRESH,)


def test_a_new_token_ends_the_countdown(conversation, step):
    conversation.record.record_open()
    sign_in(conversation.record)
    conversation.after(TOKEN_LIFE_S).record_received(b'{"type":"auth_error","payload":{}}')
    sign_in(conversation.record, expires="2023-11-14T23:14:20Z")

    assert step().deadline is None


def test_staff_is_advised_to_join_the_channel_of_the_shop(conversation, step):
    conversation.record.record_open()
    sign_in(conversation.record, role="agent", expires="2023-11-14T23:14:20Z")

    assert step(["user:user_1"]).suggestion is Suggestion.JOIN_TENANT
    assert step(["tenant:shop"]).suggestion is Suggestion.NONE


def test_after_a_close_the_lost_subscriptions_are_named(conversation, step):
    conversation.record.record_close(4103, "")

    now = step(lost=["order:ord_1"])

    assert now.texts[-1] == code_descriptions.SUBSCRIPTIONS_LOST
    assert step(lost=["order:ord_1"], has_position=False).texts[-1] == code_descriptions.NO_POSITION
    assert dict(now.values) == {"channels": "`order:ord_1`"}
    assert now.suggestion is Suggestion.RECOVER


def test_a_close_by_this_client_without_subscriptions_needs_nothing(conversation, step):
    conversation.record.record_close(1000, "", by_client=True)

    assert step() == next_steps.NextStep()
