"""Lesson 2: tokens in the address and in a message, bad ones, and a refresh.  Pure."""

from __future__ import annotations

from common.text_markers import N_
from training.actions import Connect, Disconnect, Send, TokenKind, Wait
from training.conditions import Closed, Connected, InOrder, Received, Sent, Within
from training.lesson_types import Goal, Lesson, Link, NearMiss, Step
from training.lessons.near_misses import INCOMPLETE
from training.lessons.requests import auth

TOKEN_LIFETIME_S = 60
AUTH = Sent(type="auth")
SIGNED_IN_BY_URL = Received(type="auth_success", lacks=("id",))
SIGNED_IN_BY_MESSAGE = Received(type="auth_success", replying_to=AUTH)
REFUSED_MESSAGE = Received(type="auth_error", replying_to=AUTH)
EXPIRED = Received(type="auth_error", lacks=("id",))

CONNECTIONS = Link(
    N_("Optional: your connection in Connections"), "connections", (("who", "{user_id}"),)
)
TOO_LATE = NearMiss(
    Closed(code=4001),
    N_(
        "The server closed the connection with 4001: nobody had signed in for 10 seconds. Connect "
        "again, and press **Send** soon after."
    ),
)

SIGN_IN = Lesson(
    name="sign-in",
    title=N_("Sign in"),
    minutes=7,
    teaches=N_(
        "Say who you are: with a token in the address or in a message. See bad and expired tokens "
        "refused."
    ),
    terms=("auth", "auth_success", "auth_error", "token", "$FRESH_TOKEN", "4001", "4103"),
    steps=(
        Step(
            title=N_("A token in the address"),
            instruction=N_(
                "Your connection is closed. Press **Connect**: it opens the address `/ws?token=…` "
                "with a token of {name}."
            ),
            reason=N_(
                "A token is a signed text. It says who you are, for which shop, in which role and "
                "until when. The server trusts the signature, so it needs no password."
            ),
            goals=(
                Goal(
                    N_("You connect with a token in the address"),
                    Connected(has_token=True),
                    (
                        NearMiss(
                            Connected(has_token=False),
                            N_(
                                "This connection has no token in its address. Press "
                                "**Disconnect**, choose “with a valid token”, and press "
                                "**Connect**."
                            ),
                        ),
                    ),
                ),
                Goal(
                    N_("The server answers with `auth_success`, as `{user_id}`"),
                    Received(type="auth_success", lacks=("id",), where=("user_id = {user_id}",)),
                    (
                        NearMiss(
                            EXPIRED,
                            N_(
                                "Frame {n} refuses the token. Press **Disconnect**, choose “with a "
                                "valid token”, and press **Connect**."
                            ),
                        ),
                    ),
                ),
            ),
            hints=(
                N_("There is nothing to write in this step."),
                N_("The button **Connect** is below the editor, at your connection."),
                N_(
                    "Press **Connect**. Then select `auth_success` in the list of frames, to read "
                    "what is in it."
                ),
            ),
            solution=(Connect(),),
            explanation=N_(
                "`auth_success` repeats what the token says: user, shop, role and expiry. The "
                "server has also subscribed the connection to the channel `user:{user_id}`."
            ),
            setup=(Disconnect(),),
            links=(CONNECTIONS,),
        ),
        Step(
            title=N_("A token in a message"),
            instruction=N_(
                "Press **Connect without a token**. Then press **Send** within 10 seconds: the "
                "message in the editor is an `auth` with your token."
            ),
            reason=N_(
                "Addresses end up in logs and histories, messages do not. That is why many clients "
                "send the token in a message. The server waits 10 seconds for it."
            ),
            goals=(
                Goal(
                    N_("You connect without a token"),
                    Connected(has_token=False),
                    (
                        NearMiss(
                            Connected(has_token=True),
                            N_(
                                "This connection had a token in its address. Press **Connect "
                                "without a token**."
                            ),
                        ),
                    ),
                ),
                Goal(
                    N_("You send `auth`, and `auth_success` is the reply"),
                    InOrder((Connected(has_token=False), SIGNED_IN_BY_MESSAGE)),
                    (
                        TOO_LATE,
                        NearMiss(
                            REFUSED_MESSAGE,
                            N_(
                                "Frame {n} refuses the token. Leave `$TOKEN` in the editor as it "
                                "is: your token takes its place when you send."
                            ),
                        ),
                        *INCOMPLETE,
                    ),
                ),
            ),
            hints=(
                N_("You need not change the message in the editor."),
                N_("First the button **Connect without a token**, then **Send**, without a pause."),
                N_(
                    "`$TOKEN` stands for your token. It is put in when you send, and no page shows "
                    "it. If 10 seconds have passed, connect without a token and send again."
                ),
            ),
            solution=(Connect(TokenKind.NONE), Send(auth("$TOKEN", "a1"))),
            explanation=N_(
                "This `auth_success` has your `id`, as it answers a message. The one before had "
                "none: no message asked for it."
            ),
            draft=auth("$TOKEN", "a1"),
            setup=(Disconnect(),),
            buttons=(Connect(TokenKind.NONE),),
            links=(CONNECTIONS,),
        ),
        Step(
            title=N_("Tokens that are not valid"),
            instruction=N_(
                "Press **Send**: the text in this `auth` is no token. Then press **Connect with an "
                "expired token**."
            ),
            reason=N_(
                "Tokens expire, and some are forged. A client must know what the server says then, "
                "because it has to get a new token and not just try again."
            ),
            goals=(
                Goal(
                    N_("Your `auth` with a wrong text is answered with `auth_error`"),
                    REFUSED_MESSAGE,
                    (
                        NearMiss(
                            SIGNED_IN_BY_MESSAGE,
                            N_(
                                "Frame {n} accepts the token: it is a valid one. Write any other "
                                "text in its place, such as `not-a-token`."
                            ),
                        ),
                        *INCOMPLETE,
                    ),
                ),
                Goal(
                    N_("A connection with an expired token gets `auth_error`, too"),
                    InOrder((Connected(has_token=True), EXPIRED)),
                    (
                        NearMiss(
                            SIGNED_IN_BY_URL,
                            N_(
                                "Frame {n} accepts the token of this connection: it has not "
                                "expired. Press **Connect with an expired token**."
                            ),
                        ),
                    ),
                ),
            ),
            hints=(
                N_("Both need one press of a button, and nothing to write."),
                N_("**Send** is at the editor, **Connect with an expired token** below it."),
                N_(
                    'If the first goal stays open, send this: `{"type": "auth", "payload": '
                    '{"token": "not-a-token"}, "id": "a2"}`'
                ),
            ),
            solution=(
                Send(auth("not-a-token", "a2")),
                Wait(1),
                Connect(TokenKind.EXPIRED),
            ),
            explanation=N_(
                "Both replies have the same text, which does not say what is wrong with the token. "
                "The server closed neither connection. One that has not signed in yet has 10 "
                "seconds to send a valid `auth`; then it is closed with 4001."
            ),
            draft=auth("not-a-token", "a2"),
            resume=(Connect(),),
            buttons=(Connect(TokenKind.EXPIRED),),
        ),
        Step(
            title=N_("A new token in time"),
            instruction=N_(
                "Press **Connect with a 60-second token**. Then press **Send** before the 60 "
                "seconds are over: this `auth` has a new token."
            ),
            reason=N_(
                "A shop page stays open longer than a token is valid. A client sends a new one "
                "before the old one expires, on the same connection."
            ),
            goals=(
                Goal(
                    N_("You connect with a token that is valid for 60 seconds"),
                    InOrder((Connected(has_token=True), SIGNED_IN_BY_URL)),
                ),
                Goal(
                    N_("You send a new token before the old one expires"),
                    Within(
                        seconds=TOKEN_LIFETIME_S,
                        first=SIGNED_IN_BY_URL,
                        then=SIGNED_IN_BY_MESSAGE,
                    ),
                    (
                        NearMiss(
                            InOrder((EXPIRED, SIGNED_IN_BY_MESSAGE)),
                            N_(
                                "The new token was accepted in frame {n}, but the old one had "
                                "already expired. In between, new subscriptions were refused. "
                                "Connect with a 60-second token again, and send earlier."
                            ),
                        ),
                        NearMiss(
                            EXPIRED,
                            N_(
                                "Frame {n}: the token has expired. Connect with a 60-second token "
                                "again, and send `auth` before its time is over."
                            ),
                        ),
                        NearMiss(
                            REFUSED_MESSAGE,
                            N_(
                                "Frame {n} refuses the token. Write `$FRESH_TOKEN` in its place: "
                                "a new token is put in when you send."
                            ),
                        ),
                        *INCOMPLETE,
                    ),
                ),
            ),
            hints=(
                N_("Two presses: first connect, then send."),
                N_("`expires_at` in `auth_success` says when the token expires. It is in UTC."),
                N_(
                    "Press **Connect with a 60-second token**, and then **Send**. `$FRESH_TOKEN` "
                    "in the editor stands for a new token of the same user."
                ),
            ),
            solution=(
                Connect(TokenKind.SHORT_LIVED),
                Wait(1),
                Send(auth("$FRESH_TOKEN", "a3")),
            ),
            explanation=N_(
                "The reply has a later `expires_at`, and the connection went on without a gap. "
                "Without a new token, `auth_error` comes at the expiry, and 25 seconds later the "
                "server closes the connection with 4103."
            ),
            draft=auth("$FRESH_TOKEN", "a3"),
            setup=(Disconnect(),),
            buttons=(Connect(TokenKind.SHORT_LIVED),),
            links=(CONNECTIONS,),
        ),
    ),
    wrap_up=N_(
        "A token says who you are, in the address or in `auth`. One that is not valid gets "
        "`auth_error`, and the connection stays open for a while. A good client sends a new token "
        "before the old one expires."
    ),
)
