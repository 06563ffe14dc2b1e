"""Lesson 5: three reasons why a client did not receive an update.  Pure."""

from __future__ import annotations

from common.text_markers import N_
from training.actions import Action, Advance, Choose, Connect, Disconnect, Send
from training.lesson_types import Choice, Goal, Lesson, LessonActor, Link, Question, Step
from training.lessons.own_order import ADVANCED
from training.lessons.requests import ORDER, send_subscribe, unsubscribe

COMPANION = "companion"
COMPANION_ORDER = "{companion_order}"
OFFLINE, NOT_SUBSCRIBED, REFUSED = "offline", "not-subscribed", "refused"


def case(
    *,
    order: str,
    right: str,
    wrong: dict[str, str],
    title: str,
    instruction: str,
    reason: str,
    goal: str,
    hints: tuple[str, ...],
    explanation: str,
    setup: tuple[Action, ...],
) -> Step:
    """Return a step: the learner advances an order, and says why the companion missed the update.

    ``right`` is the right choice; ``wrong`` explains the two others.  ``setup`` brings the
    companion's connection into the state that is the reason.  The rest is as in ``Step``.
    """
    texts = {
        OFFLINE: N_("{companion} was not connected"),
        NOT_SUBSCRIBED: N_("{companion} was connected, but not subscribed"),
        REFUSED: N_("The server refused {companion} the subscription"),
    }
    choices = tuple(
        Choice(name, text, "" if name == right else wrong[name]) for name, text in texts.items()
    )
    channel = f"order:{order}"
    companion = (("who", "{companion_user_id}"), ("ask", channel))
    return Step(
        title=title,
        instruction=instruction,
        reason=reason,
        goals=(Goal(goal, ADVANCED),),
        question=Question(N_("Why did {companion} not receive the update?"), choices),
        hints=hints,
        solution=(Advance(order), Choose(right)),
        explanation=explanation,
        resume=(Connect(),),
        setup=setup,
        buttons=(Advance(order),),
        links=(
            Link(N_("{companion} in Connections"), "connections", companion),
            Link(N_("The order's channel in Explorer"), "explorer", (("channel", channel),)),
        ),
    )


MISSING_UPDATE = Lesson(
    name="missing-update",
    title=N_("Why did it not arrive?"),
    minutes=6,
    teaches=N_(
        "A customer has missed an update. Find out why on the page Connections, from three causes."
    ),
    terms=("connection", "subscription", "subscribers", "forbidden"),
    actors=(LessonActor(name=COMPANION, title=N_("{companion} · customer"), is_playable=False),),
    steps=(
        case(
            order=COMPANION_ORDER,
            right=OFFLINE,
            wrong={
                NOT_SUBSCRIBED: N_(
                    "Search for {companion} in Connections: there is no connection at all."
                ),
                REFUSED: N_(
                    "A refusal needs a connection. Search for {companion} in Connections: "
                    "there is none."
                ),
            },
            title=N_("First case"),
            instruction=N_(
                "You are {name}; {companion} is another customer. Press **Advance the order**: the "
                "shop advances {companion}'s order `{companion_order}`, and {companion} receives "
                "nothing. Open **{companion} in Connections** below, see whether there is a "
                "connection, and come back to answer."
            ),
            reason=N_(
                "“I did not get the message” is the most frequent complaint about a system like "
                "this. The page Connections lists everybody who is connected now."
            ),
            goal=N_("The order of {companion} advances"),
            hints=(
                N_("The link opens the list with a search for {companion} already filled in."),
                N_("Look at the list of connected clients. How many lines does the search leave?"),
                N_(
                    "No line is left: {companion} is not connected. The event log beside the list "
                    "shows when the last connection ended."
                ),
            ),
            explanation=N_(
                "A message is delivered to the connections that are subscribed at that moment. The "
                "Explorer says “reached 0” at the update: nobody was subscribed to the order. When "
                "{companion} comes back, `last` or `since` will bring it."
            ),
            setup=(Connect(by=COMPANION), Disconnect(by=COMPANION)),
        ),
        case(
            order=COMPANION_ORDER,
            right=NOT_SUBSCRIBED,
            wrong={
                OFFLINE: N_("There is a connection now: search for {companion} in Connections."),
                REFUSED: N_(
                    "Connections says “Allowed on this channel, but not subscribed”: nothing "
                    "has been refused."
                ),
            },
            title=N_("Second case"),
            instruction=N_(
                "{companion} is connected now. Press **Advance the order**: again {companion} "
                "receives nothing. Open **{companion} in Connections**, look at the "
                "channels of the connection, and come back to answer."
            ),
            reason=N_(
                "An open connection alone receives nothing. The server delivers a message to the "
                "connections that are subscribed to its channel."
            ),
            goal=N_("The order of {companion} advances"),
            hints=(
                N_("Select the line of {companion} in the list. Its channels are at the right."),
                N_(
                    "An order's update goes to `order:{companion_order}` and to the customer's own "
                    "channel. Is this connection subscribed to one of them?"
                ),
                N_(
                    "The connection has no channels. “Why didn't this client receive it?” answers: "
                    "{companion} may subscribe to `order:{companion_order}`, and has not."
                ),
            ),
            explanation=N_(
                "Signing in had subscribed {companion} to `user:{companion_user_id}`. The client "
                "has left that channel, and has not subscribed to the order's. The client has to "
                "be corrected, not the server."
            ),
            setup=(
                Connect(by=COMPANION),
                Send(unsubscribe("user:{companion_user_id}", "u1"), by=COMPANION),
            ),
        ),
        case(
            order="{order}",
            right=REFUSED,
            wrong={
                OFFLINE: N_("There is a connection: search for {companion} in Connections."),
                NOT_SUBSCRIBED: N_(
                    "That is true, but there is a reason: {companion} has asked for "
                    "`order:{order}`. Read what Connections says about access to it."
                ),
            },
            title=N_("Third case"),
            instruction=N_(
                "Order `{order}` is yours: you are {name}. {companion} has asked for its channel, "
                "too, and waits. Press **Advance the order**: it advances your order. Open "
                "**{companion} in Connections**, read why {companion} receives nothing, and come "
                "back to answer."
            ),
            reason=N_(
                "A client may have asked for the channel and still not be subscribed. The server "
                "knows the rule by which it decided, and says it to an admin."
            ),
            goal=N_("The order `{order}` advances"),
            hints=(
                N_("Who may subscribe to the channel of an order? Think of lesson 4."),
                N_("Select {companion} in the list, and read “Why didn't this client receive it?”"),
                N_(
                    "Connections says “Not allowed on this channel”: `{order}` is your order, and "
                    "you are {name}. A `subscribe` of {companion} gets `forbidden`."
                ),
            ),
            explanation=N_(
                "The order is yours, so the server refused {companion}. You have received the "
                "update, on your own channel `user:{user_id}`: see your frames. {companion} has to "
                "ask for an order of their own."
            ),
            setup=(Connect(by=COMPANION), send_subscribe(ORDER, "s1", by=COMPANION)),
        ),
    ),
    wrap_up=N_(
        "Ask in this order: is the client connected? Is it subscribed to the channel? May it be? "
        "The page Connections answers all three, for any client and any channel."
    ),
)
