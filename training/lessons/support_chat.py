"""Lesson 6: a support conversation, as the customer and as the agent.  Pure."""

from __future__ import annotations

from common.text_markers import N_
from training.actions import Choose, Connect, Send
from training.conditions import InOrder, Received, Sent
from training.lesson_types import (
    ActorRole,
    Choice,
    Goal,
    Lesson,
    LessonActor,
    Link,
    NearMiss,
    Question,
    Step,
)
from training.lessons.near_misses import INCOMPLETE
from training.lessons.requests import chat_message, send_subscribe, subscribe

AGENT = "agent"
TENANT = "tenant:{tenant}"
HAS_ID = "$[?length($.id) > 0]"

AS_AGENT = Sent(type="subscribe", where=("$[?$.payload.channel == 'tenant:{tenant}']",), by=AGENT)
OPENING = Sent(type="chat_message", where=(HAS_ID,), lacks=("payload.conversation_id",))
IN_CONVERSATION = Sent(type="chat_message", where=(HAS_ID, "$.payload.conversation_id"))
ANSWER = Sent(type="chat_message", where=(HAS_ID, "$.payload.conversation_id"), by=AGENT)
COPY_OF_AGENT = Received(
    type="chat_message", where=("sender_id = {user_id}",), lacks=("id",), by=AGENT
)
COPY_OF_CUSTOMER = Received(
    type="chat_message", where=("sender_id = {agent_user_id}",), lacks=("id",)
)

BOTH_CONNECTED = (Connect(), Connect(by=AGENT))
AGENT_SUBSCRIBED = (*BOTH_CONNECTED, send_subscribe(TENANT, "t1", by=AGENT))
QUESTION_ASKED = (*AGENT_SUBSCRIBED, Send(chat_message("{order}?", "c1")))

INBOX = Link(N_("Optional: both sides in Inbox"), "inbox", (("customer", "{user_id}"),))
EXPLORER = Link(N_("Optional: the shop's channel in Explorer"), "explorer", (("channel", TENANT),))

NO_ID = NearMiss(
    Sent(type="chat_message", lacks=("id",)),
    N_("Frame {n} has no `id`, so you could not tell your own copy from the others. Add one."),
)
WRONG_CONVERSATION = NearMiss(
    Received(type="error", where=("code = forbidden",)),
    N_(
        "Frame {n}: this conversation does not exist, or is not yours. Copy `conversation_id` from "
        "a `chat_message` in the list."
    ),
)
AS_THE_AGENT = NearMiss(
    Sent(type="chat_message", by=AGENT),
    N_(
        "Frame {n} was sent as {agent}. Choose {first_name} above the editor, and send it as "
        "{first_name}."
    ),
)
AS_THE_CUSTOMER = NearMiss(
    Sent(type="chat_message"),
    N_(
        "Frame {n} was sent as {first_name}. Choose {agent} above the editor, and send it as "
        "{agent}."
    ),
)

SUPPORT_CHAT = Lesson(
    name="support-chat",
    title=N_("Support chat"),
    minutes=7,
    teaches=N_(
        "Ask a question as a customer, answer it as an agent, and see which connection receives "
        "which copy."
    ),
    terms=("chat_message", "conversation_id", "tenant:", "user:"),
    actors=(LessonActor(name=AGENT, title=N_("{agent} · agent"), role=ActorRole.AGENT),),
    steps=(
        Step(
            title=N_("The agent gets ready"),
            instruction=N_(
                "In this lesson you have two connections: {name}, a customer, and {agent}, an "
                "agent. Choose {agent} above the editor, and send the `subscribe` to "
                "`tenant:{tenant}`."
            ),
            reason=N_(
                "`tenant:{tenant}` is the channel of the shop's staff. Customers' questions are "
                "delivered there, to everybody of the staff who is subscribed."
            ),
            goals=(
                Goal(
                    N_("{agent} is subscribed to `tenant:{tenant}`"),
                    Received(type="subscribed", replying_to=AS_AGENT, by=AGENT),
                    (
                        NearMiss(
                            Sent(type="subscribe"),
                            N_(
                                "Frame {n} was sent as {first_name}: a customer is refused this "
                                "channel. Choose {agent} above the editor, and send it again."
                            ),
                        ),
                        NearMiss(
                            Sent(type="subscribe", by=AGENT),
                            N_("Frame {n} names another channel than `tenant:{tenant}`."),
                        ),
                        *INCOMPLETE,
                    ),
                ),
            ),
            hints=(
                N_("The message is right. Only the sender has to be chosen."),
                N_("Above the editor you choose as which of the two you act: choose {agent}."),
                N_(
                    "Choose {agent} above the editor, check that the channel is "
                    "`tenant:{tenant}`, and press **Send**."
                ),
            ),
            solution=(send_subscribe(TENANT, "t1", by=AGENT),),
            explanation=N_(
                "The role in the token decides: {agent} is an agent, so the server allows it. "
                "Signing in subscribes to `user:` only; the shop's channel needs a `subscribe`."
            ),
            draft=subscribe(TENANT, "t1"),
            resume=BOTH_CONNECTED,
        ),
        Step(
            title=N_("The customer asks"),
            instruction=N_(
                "Choose {first_name} above the editor, and send the `chat_message`. Then choose "
                "{agent}, to see the frames that arrived there."
            ),
            reason=N_(
                "A message without `conversation_id` opens a conversation. The server chooses its "
                "id, and both sides need that id to go on."
            ),
            goals=(
                Goal(
                    N_("{first_name} gets a copy with the `id` of the request"),
                    Received(type="chat_message", replying_to=OPENING),
                    (
                        NO_ID,
                        NearMiss(
                            IN_CONVERSATION,
                            N_(
                                "Frame {n} names a conversation. Remove `conversation_id`, so that "
                                "a new one is opened."
                            ),
                        ),
                        AS_THE_AGENT,
                        *INCOMPLETE,
                    ),
                ),
                Goal(
                    N_("{agent} gets a copy without an `id`"),
                    InOrder((OPENING, COPY_OF_AGENT)),
                ),
            ),
            hints=(
                N_("You need not change the message; you may write another question in it."),
                N_(
                    "Choose {first_name} above the editor first: only customers open conversations."
                ),
                N_(
                    "Choose {first_name}, press **Send**, then look for `chat_message` in the "
                    "frames of {first_name}, and in those of {agent}. Other customers may write to "
                    "{agent}, too."
                ),
            ),
            solution=(Send(chat_message("{order}?", "c1")),),
            explanation=N_(
                "Your own copy is the reply: it has your `id`, and the new `conversation_id`. The "
                "copy for the staff is an event. The shop's simulated agent leaves this "
                "conversation to {agent}."
            ),
            draft=chat_message("{order}?", "c1"),
            resume=AGENT_SUBSCRIBED,
            links=(INBOX, EXPLORER),
        ),
        Step(
            title=N_("The agent answers"),
            instruction=N_(
                "Choose {agent} above the editor, and send the `chat_message`. It names the "
                "conversation that {first_name} has opened."
            ),
            reason=N_(
                "An agent talks to many customers on one connection. `conversation_id` says which "
                "of them the answer is for."
            ),
            goals=(
                Goal(
                    N_("{agent} gets a copy with the `id` of the request"),
                    Received(type="chat_message", replying_to=ANSWER, by=AGENT),
                    (
                        NearMiss(
                            Received(
                                type="error",
                                where=("message contains Only customers",),
                                by=AGENT,
                            ),
                            N_(
                                "Frame {n}: an agent cannot open a conversation. Name the one of "
                                "{first_name} in `conversation_id`."
                            ),
                        ),
                        NearMiss(
                            Received(type="error", where=("code = forbidden",), by=AGENT),
                            N_(
                                "Frame {n}: there is no such conversation. Copy `conversation_id` "
                                "from a `chat_message` of {first_name}."
                            ),
                        ),
                        AS_THE_CUSTOMER,
                        *INCOMPLETE,
                    ),
                ),
                Goal(
                    N_("{first_name} gets a copy without an `id`"),
                    InOrder((ANSWER, COPY_OF_CUSTOMER)),
                ),
            ),
            hints=(
                N_("The conversation is filled in already. Only the sender has to be chosen."),
                N_(
                    "Choose {agent} above the editor, then press **Send**. Then look at both sides."
                ),
                N_(
                    'The payload is `{"conversation_id": "{conversation}", '
                    '"content": "{order}: OK"}`. '
                    "Send it as {agent}."
                ),
            ),
            solution=(Send(chat_message("{order}: OK", "a1", "{conversation}"), by=AGENT),),
            explanation=N_(
                "Now it is the other way round: the agent's copy has the `id`, and the customer's "
                "has none. It reached the customer on `user:{user_id}`, the channel that "
                "signing in has subscribed to."
            ),
            draft=chat_message("{order}: OK", "a1", "{conversation}"),
            resume=QUESTION_ASKED,
            links=(INBOX,),
        ),
        Step(
            title=N_("Who receives what"),
            instruction=N_(
                "Choose {first_name} again, and send one more `chat_message` in the same "
                "conversation. Then answer the question below the goals."
            ),
            reason=N_(
                "A page shows what its user has written at once. It must know which copy is its "
                "own, or the text would stand there twice."
            ),
            goals=(
                Goal(
                    N_(
                        "{first_name} writes in the same conversation, and gets the copy with the "
                        "`id`"
                    ),
                    Received(type="chat_message", replying_to=IN_CONVERSATION),
                    (
                        NO_ID,
                        NearMiss(
                            OPENING,
                            N_(
                                "Frame {n} has opened another conversation. Put "
                                '`"conversation_id": "{conversation}"` into the payload.'
                            ),
                        ),
                        WRONG_CONVERSATION,
                        AS_THE_AGENT,
                        *INCOMPLETE,
                    ),
                ),
                Goal(
                    N_("{agent} gets the copy without an `id`"),
                    InOrder((IN_CONVERSATION, COPY_OF_AGENT)),
                ),
            ),
            question=Question(
                N_(
                    "{first_name} writes, and five of the staff are subscribed. Which copies have "
                    "the `id`?"
                ),
                (
                    Choice(
                        "all",
                        N_("All six"),
                        N_(
                            "Look at the frames of {agent}: the copy there has no `id`. It answers "
                            "no request of {agent}."
                        ),
                    ),
                    Choice(
                        "own",
                        N_("Only the one of {first_name}, on the connection that has sent it"),
                    ),
                    Choice(
                        "staff",
                        N_("Only the five of the staff"),
                        N_(
                            "It is the other way round: an `id` ties a reply to a request, and the "
                            "staff has sent none."
                        ),
                    ),
                ),
            ),
            hints=(
                N_("Choose {first_name}, press **Send**, and compare the two copies."),
                N_("An `id` in a reply repeats the `id` of a request. Who has sent the request?"),
                N_(
                    "The connection that has sent the message gets the reply with its `id`, once. "
                    "All others get an event, and an event has no `id`."
                ),
            ),
            solution=(Send(chat_message("OK", "c2", "{conversation}")), Choose("own")),
            explanation=N_(
                "Each connection gets the chat message once. The sender's copy is the reply, with "
                "the `id`; on a second device of {first_name} it would be an event, without one."
            ),
            draft=chat_message("OK", "c2", "{conversation}"),
            resume=QUESTION_ASKED,
            links=(INBOX, EXPLORER),
        ),
    ),
    wrap_up=N_(
        "A customer's first `chat_message` opens a conversation; all others name it. The customer "
        "receives on `user:`, the staff on `tenant:`. Only the sender's own copy carries the `id`."
    ),
)
