"""Lesson 7: recover after a lost connection, and know when that is not possible.  Pure."""

from __future__ import annotations

from common.text_markers import N_
from training.actions import Advance, Choose, Connect, Cut, Wait
from training.conditions import Closed, Connected, InOrder, Received, Sent
from training.lesson_types import Choice, Goal, Lesson, NearMiss, Question, Step
from training.lessons.near_misses import FORBIDDEN_CHANNEL, INCOMPLETE
from training.lessons.own_order import ADVANCED, EVENT_LOG, EXPLORER, ON_ORDER
from training.lessons.requests import ORDER, send_subscribe, subscribe

FORMER_EPOCH = "0ld0ld00"
"""Not the epoch of any history: those are hexadecimal."""
RECOVERABLE = "$[?$.payload.recoverable == true]"
SUBSCRIBE = Sent(type="subscribe", where=(ON_ORDER, RECOVERABLE))
RECOVER = Sent(type="subscribe", where=(ON_ORDER, RECOVERABLE, "$.payload.since"))
NUMBERED_UPDATE = Received(type="order_update", where=("order_id = {order}",), numbers=("offset",))
CUT_OFF = Closed(code=1006)
RECOVERED = Received(type="subscribed", where=("recovered = true",), replying_to=RECOVER)
NOT_RECOVERED = Received(type="subscribed", where=("recovered = false",), replying_to=RECOVER)

NOT_RECOVERABLE = NearMiss(
    Sent(type="subscribe", lacks=("payload.recoverable",)),
    N_('Frame {n} has no `recoverable`. Add `"recoverable": true` below `channel`.'),
)
SINCE = {"epoch": "{epoch}", "offset": "{offset}"}

LOST_CONNECTION = Lesson(
    name="lost-connection",
    title=N_("Lose the connection"),
    minutes=9,
    teaches=N_(
        "Be cut off, come back, and recover what you have missed. See what is left to do when that "
        "is no longer possible."
    ),
    terms=("recoverable", "offset", "epoch", "since", "recovered", "1006", "1000"),
    steps=(
        Step(
            title=N_("Numbered messages"),
            instruction=N_(
                'Send the `subscribe` in the editor: it has `"recoverable": true`. Then press '
                "**Advance the order**, and select the new `order_update` frames."
            ),
            reason=N_(
                "Connections break: in a tunnel, in a lift, with a new Wi-Fi. To know what is "
                "missing after that, messages need numbers."
            ),
            goals=(
                Goal(
                    N_("You subscribe to `order:{order}` with `recoverable`"),
                    Received(type="subscribed", where=("$.payload.epoch",), replying_to=SUBSCRIBE),
                    (NOT_RECOVERABLE, FORBIDDEN_CHANNEL, *INCOMPLETE),
                ),
                Goal(
                    N_("An `order_update` with `channel` and `offset` arrives"),
                    InOrder((SUBSCRIBE, ADVANCED, NUMBERED_UPDATE)),
                    (
                        NearMiss(
                            InOrder((ADVANCED, SUBSCRIBE)),
                            N_(
                                "You have subscribed in frame {n}, after the order had advanced. "
                                "Press **Advance the order** again."
                            ),
                        ),
                    ),
                ),
            ),
            hints=(
                N_("First the message, then the button."),
                N_("Two copies of the update arrive. Select both, and look for `offset`."),
                N_(
                    "Press **Send**, then **Advance the order**. The copy on `order:{order}` has "
                    "`channel` and `offset` at its end; the one on your own channel has neither."
                ),
            ),
            solution=(send_subscribe(ORDER, "s1", recoverable=True), Wait(1), Advance()),
            explanation=N_(
                "`offset` numbers the messages of one channel. `epoch`, in `subscribed`, names the "
                "history that the numbers belong to. Together they are your **position**."
            ),
            draft=subscribe(ORDER, "s1", recoverable=True),
            resume=(Connect(),),
            buttons=(Advance(),),
            links=(EXPLORER,),
        ),
        Step(
            title=N_("Cut off"),
            instruction=N_(
                "Press **Cut the connection**: it ends without a close frame. Then "
                "press **Advance the order**. Stay disconnected for now."
            ),
            reason=N_(
                "A connection that is lost sends no close frame. The client sees 1006, and it "
                "cannot know what is published from then on."
            ),
            goals=(
                Goal(
                    N_("Your connection ends with 1006"),
                    CUT_OFF,
                    (
                        NearMiss(
                            Closed(code=1000),
                            N_(
                                "You have closed the connection in frame {n}, with 1000: a normal "
                                "end. Press **Connect**, and then **Cut the connection**."
                            ),
                        ),
                    ),
                ),
                Goal(
                    N_("The order advances while you are away"),
                    InOrder((CUT_OFF, ADVANCED)),
                    (
                        NearMiss(
                            InOrder((ADVANCED, CUT_OFF)),
                            N_(
                                "You have advanced the order before the connection was cut. Press "
                                "**Advance the order** once more."
                            ),
                        ),
                    ),
                ),
            ),
            hints=(
                N_("Both buttons are below the editor."),
                N_("The last frame of the list is then `close 1006`, and no update follows it."),
                N_(
                    "Press **Cut the connection**, wait for `close 1006` in the list, and then "
                    "press **Advance the order**. Nothing else appears in the list."
                ),
            ),
            solution=(Cut(), Wait(1), Advance()),
            explanation=N_(
                "1006 is never sent: a client sets it itself when there was no close frame. The "
                "update was published, and the channel keeps it for ten minutes."
            ),
            resume=(
                Connect(),
                send_subscribe(ORDER, "s1", recoverable=True),
                Advance(),
            ),
            buttons=(Cut(), Advance()),
            links=(EVENT_LOG, EXPLORER),
        ),
        Step(
            title=N_("Come back and recover"),
            instruction=N_(
                "Press **Connect**. In the editor, fill in your position: `epoch` from your last "
                "`subscribed`, `offset` from your last numbered `order_update`. Then send it."
            ),
            reason=N_(
                "`since` says: this is the last message that I have. The server then sends what "
                "came after it, in order and each once, before anything new."
            ),
            goals=(
                Goal(N_("You connect again"), Connected()),
                Goal(
                    N_("You send your position, and the reply says `recovered: true`"),
                    InOrder((Connected(), RECOVERED)),
                    (
                        NearMiss(
                            NOT_RECOVERED,
                            N_(
                                "Frame {n} says `recovered: false`: that is not a position of this "
                                "channel. Copy `epoch` from `subscribed`, and the `offset` of the "
                                "last `order_update` that has one."
                            ),
                        ),
                        NearMiss(
                            Sent(type="subscribe", lacks=("payload.since",)),
                            N_("Frame {n} has no `since`, so the server does not look back."),
                        ),
                        NOT_RECOVERABLE,
                        NearMiss(
                            Received(
                                type="error",
                                where=("message contains offset", "code = invalid_payload"),
                            ),
                            N_("Frame {n}: `offset` is a number, so it has no quotes."),
                        ),
                        FORBIDDEN_CHANNEL,
                        *INCOMPLETE,
                    ),
                ),
                Goal(
                    N_("The update that you have missed arrives"),
                    InOrder((Connected(), RECOVERED, NUMBERED_UPDATE)),
                    (
                        NearMiss(
                            RECOVERED,
                            N_(
                                "Frame {n} confirms the position, and nothing is missing after it. "
                                "Send the `offset` of a message before."
                            ),
                        ),
                    ),
                ),
            ),
            hints=(
                N_("Look for `epoch` and `offset` in the frames above `close 1006`."),
                N_("`epoch` is a string, in quotes; `offset` is a number, without them."),
                N_(
                    "If your last position is still the one from before the cut, `since` is "
                    '`{"epoch": "{epoch}", "offset": {offset}}`. Press **Connect**, then **Send**.'
                ),
            ),
            solution=(
                Connect(),
                send_subscribe(ORDER, "s2", recoverable=True, since=SINCE),
            ),
            explanation=N_(
                "`recovered: true` means that nothing is missing. The update follows the reply, "
                "with the next `offset`. A client that drops numbers it already has handles each "
                "message once."
            ),
            draft=subscribe(ORDER, "s2", recoverable=True, since={"epoch": "", "offset": 0}),
            resume=(
                Connect(),
                send_subscribe(ORDER, "s1", recoverable=True),
                Advance(),
                Cut(),
                Advance(),
            ),
            links=(EVENT_LOG, EXPLORER),
        ),
        Step(
            title=N_("Too late"),
            instruction=N_(
                "Send the `subscribe` in the editor. Its `epoch` is that of a former history, as "
                "if you had been away for too long. Then answer the question below the goals."
            ),
            reason=N_(
                "A channel keeps 1,000 messages, for ten minutes. After that, or when a server has "
                "lost its history, nobody can say what you have missed."
            ),
            goals=(
                Goal(
                    N_("You send a position of a former history"),
                    RECOVER,
                    (NOT_RECOVERABLE, *INCOMPLETE),
                ),
                Goal(
                    N_("The reply says `recovered: false`"),
                    NOT_RECOVERED,
                    (
                        NearMiss(
                            RECOVERED,
                            N_(
                                "Frame {n} says `recovered: true`: this position is still valid. "
                                "Leave the `epoch` in the editor as it was."
                            ),
                        ),
                    ),
                ),
            ),
            question=Question(
                N_("What does a client have to do after `recovered: false`?"),
                (
                    Choice(
                        "retry",
                        N_("Send the same `subscribe` again, until it says `true`"),
                        N_(
                            "The history is gone, so the answer stays the same. Send it again and "
                            "see."
                        ),
                    ),
                    Choice(
                        "ignore",
                        N_("Nothing: the subscription works"),
                        N_(
                            "New messages do arrive, but what was missed will not. The page would "
                            "show an old status and not know it."
                        ),
                    ),
                    Choice(
                        "reload",
                        N_(
                            "Load the present state, for example over HTTP, and go on from the "
                            "`offset` in the reply"
                        ),
                    ),
                    Choice(
                        "reconnect",
                        N_("Close the connection and connect again"),
                        N_(
                            "The connection is in order. A new one has the same history to recover "
                            "from."
                        ),
                    ),
                ),
            ),
            hints=(
                N_("You need not change the message."),
                N_("The subscription works again. But what is on the page may be out of date."),
                N_(
                    "Press **Send**. The reply has a new `epoch` and `offset`: a place to go on "
                    "from. What lies before it has to come from somewhere else."
                ),
            ),
            solution=(
                send_subscribe(
                    ORDER, "s3", recoverable=True, since={"epoch": FORMER_EPOCH, "offset": 1}
                ),
                Choose("reload"),
            ),
            explanation=N_(
                "`recovered: false` is not an error: you are subscribed, and new messages arrive. "
                "It only says that there is a gap. A client loads its state and goes on from the "
                "position in the reply."
            ),
            draft=subscribe(
                ORDER, "s3", recoverable=True, since={"epoch": FORMER_EPOCH, "offset": 1}
            ),
            resume=(Connect(),),
            links=(EXPLORER,),
        ),
    ),
    wrap_up=N_(
        "With `recoverable`, a client keeps the position of its last message: `epoch` and "
        "`offset`. After a lost connection it sends them as `since`. `recovered: true`: nothing is "
        "missing. `recovered: false`: load the state."
    ),
)
