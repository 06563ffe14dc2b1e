"""Lesson 5: three reasons why a client did not receive an update.  Pure."""

from __future__ import annotations

from common.text_markers import N_
from training.actions import Action, Advance, Choose, Connect, Disconnect, Send
from training.lesson_types import Choice, Goal, Lesson, LessonActor, Link, Question, Step
from training.lessons.own_order import ADVANCED
from training.lessons.requests import ORDER, send_subscribe, unsubscribe

COMPANION = "companion"
COMPANION_ORDER = "{companion_order}"
CORRECT_PAGE, NOBODY, OPEN_AGAIN = "developers", "nobody", "companion"


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
    """Return a step: the learner advances an order that the companion does not receive.

    The page Connections shows the cause; the learner says who has to act on it.  ``right`` is the
    right choice, ``wrong`` explains the two others.  ``setup`` brings the companion's connection
    into the state that is the cause.  The rest is as in ``Step``.
    """
    texts = {
        CORRECT_PAGE: N_("The developers: the shop's page has a fault"),
        NOBODY: N_("Nobody: the update is for somebody else"),
        OPEN_AGAIN: N_("{companion}: open the shop's page again"),
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
        question=Question(
            N_(
                "{companion} has not received the update. Who has to do something, so that the "
                "next one arrives?"
            ),
            choices,
        ),
        hints=hints,
        solution=(Advance(order), Choose(right)),
        explanation=explanation,
        resume=(Connect(),),
        setup=setup,
        buttons=(Advance(order),),
        links=(
            Link(N_("{companion} in Connections"), "connections", companion),
            Link(
                N_("Optional: the order's channel in Explorer"), "explorer", (("channel", channel),)
            ),
        ),
    )


MISSING_UPDATE = Lesson(
    name="missing-update",
    title=N_("Why did it not arrive?"),
    minutes=6,
    teaches=N_("A customer has missed an update. Find out why in Connections, from three causes."),
    terms=("connection", "subscription", "subscriber", "forbidden"),
    actors=(LessonActor(name=COMPANION, title=N_("{companion} · customer"), is_playable=False),),
    steps=(
        case(
            order=COMPANION_ORDER,
            right=OPEN_AGAIN,
            wrong={
                CORRECT_PAGE: N_(
                    "The shop's page may be right: it receives only while it is connected. Search "
                    "for `{companion_user_id}` in Connections: there is no connection at all."
                ),
                NOBODY: N_(
                    "The order belongs to {companion}, so the update is for {companion}. Is "
                    "{companion} connected? Search for `{companion_user_id}` in Connections."
                ),
            },
            title=N_("First case"),
            instruction=N_(
                "{companion_name} (`{companion_user_id}`), another customer, waits for an update. "
                "Press **Advance the order**, in the middle, at your connection: the shop advances "
                "{companion}'s order, and {companion} receives nothing. Find out why: open "
                "**{companion} in Connections** below (another tab). If “Connected clients” is "
                "empty there, {companion} is not connected. Come back to answer. (There is nothing "
                "to send in this lesson.)"
            ),
            reason=N_(
                "“I did not get the message” is the most frequent complaint about a system like "
                "this. Connections lists everybody who is connected now."
            ),
            goal=N_("The order of {companion} advances"),
            hints=(
                N_("The link opens the list with a search for {companion} already filled in."),
                N_("Look at the list of connected clients. How many lines does the search leave?"),
                N_(
                    "No line is left: {companion} is not connected, as when the shop's page is "
                    "closed. The event log beside the list shows when the last connection ended."
                ),
            ),
            explanation=N_(
                "A message is delivered to the connections that are subscribed at that moment, and "
                "{companion} had none. When {companion} opens the shop's page again, the page can "
                "ask the server for what was missed: lesson 7 shows how."
            ),
            setup=(Connect(by=COMPANION), Disconnect(by=COMPANION)),
        ),
        case(
            order=COMPANION_ORDER,
            right=CORRECT_PAGE,
            wrong={
                OPEN_AGAIN: N_(
                    "The shop's page is open: Connections shows a connection. Each time it opens, "
                    "it signs in, and then sends `unsubscribe` for `user:{companion_user_id}`. "
                    "Opened again, it would do the same."
                ),
                NOBODY: N_(
                    "The order belongs to {companion}, who may subscribe to it. Read in "
                    "Connections what the connection is subscribed to now."
                ),
            },
            title=N_("Second case"),
            instruction=N_(
                "{companion} (`{companion_user_id}`) has opened the shop's page, so its client is "
                "connected now. Press **Advance the order**: again {companion} receives nothing. "
                "Open **{companion} in Connections** (the other tab): the answer is at the bottom "
                "right, under “Why didn't this client receive it?”. Come back to answer."
            ),
            reason=N_(
                "An open connection alone receives nothing. Signing in subscribes it to the user's "
                "own channel, `user:{companion_user_id}`; but the client (the shop's page, not the "
                "customer) can leave that one, too. Connections counts the channels that it is "
                "subscribed to now."
            ),
            goal=N_("The order of {companion} advances"),
            hints=(
                N_("Select the line of {companion} in the list. Its channels are at the right."),
                N_(
                    "An order's update goes to `order:{companion_order}` and to the customer's own "
                    "channel. Is this connection subscribed to one of them?"
                ),
                N_(
                    "The connection has no channels, not even its own. {companion} may subscribe "
                    "to `order:{companion_order}`, and has not. Who decides what the shop's page "
                    "asks for?"
                ),
            ),
            explanation=N_(
                "Signing in had subscribed {companion} to `user:{companion_user_id}`. The shop's "
                "page has left that channel, and has not subscribed to the order's. It does so "
                "each time it opens: the fault is in the page, not in the server. For the next "
                "case it has been corrected."
            ),
            setup=(
                Connect(by=COMPANION),
                Send(unsubscribe("user:{companion_user_id}", "u1"), by=COMPANION),
            ),
        ),
        case(
            order="{order}",
            right=NOBODY,
            wrong={
                OPEN_AGAIN: N_(
                    "The shop's page is open: Connections shows a connection. Opened again, it "
                    "would get the same answer to its `subscribe`."
                ),
                CORRECT_PAGE: N_(
                    "The shop's page has asked for `order:{order}` already. Read in Connections "
                    "whether {companion} may subscribe to it."
                ),
            },
            title=N_("Third case"),
            instruction=N_(
                "This order, `{order}`, is yours, not {companion}'s. {companion} has asked for its "
                "updates. Press **Advance the order**: an `order_update` reaches you on your own "
                "channel, and nothing reaches {companion}. (A `notification` may come as well.) "
                "Open **{companion} in Connections** (the other tab): the answer is at the bottom "
                "right, under “Why didn't this client receive it?”. Come back to answer."
            ),
            reason=N_(
                "A missing message can be right: the server does not send people the updates of "
                "somebody else's order."
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
                "The order is yours, so the server refused {companion}, and that is right. The "
                "update was published on two channels. On `order:{order}` nobody was subscribed. "
                "On your own channel, `user:{user_id}`, it reached you. {companion} would receive "
                "the updates of their own orders."
            ),
            setup=(Connect(by=COMPANION), send_subscribe(ORDER, "s1", by=COMPANION)),
        ),
    ),
    wrap_up=N_(
        "Ask in this order: is the client connected? Is it subscribed to the channel? May it be? "
        "Connections answers all three, for any client and any channel."
    ),
)
