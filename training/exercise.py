"""One learner's run of one lesson, against a running server and simulator."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import assert_never

from msgspec import Struct

from client.http_client import ApiRequestError
from client.recorded_frames import FrameKind, RecordedFrame
from common.text_markers import N_
from protocol.errors import ErrorCode
from protocol.monitoring import ConnectionEvent
from protocol.simulator_api import ReleaseConversation, ShopLanguage, TakeConversation
from training import placeholders
from training.actions import (
    LEARNER,
    Action,
    Advance,
    Choose,
    Connect,
    Cut,
    Disconnect,
    Flood,
    Publish,
    RunScenario,
    Send,
    Wait,
)
from training.actor_connection import ActorConnection
from training.conditions import ConnectionEnded, IsSubscribed
from training.environment import (
    ConnectionEvents,
    ConnectionLogReader,
    Environment,
    Services,
    SimulatorUnreachable,
)
from training.evaluation import (
    ActorFrame,
    EndedConnection,
    GivenAnswer,
    GoalResult,
    OtherEntry,
    PerformedAction,
    StepResult,
    Timeline,
    evaluate_step,
    merge_entries,
    pair_frames,
    stays_met,
)
from training.held_orders import HeldOrders
from training.lesson_rules import OTHER
from training.lesson_types import ActorRole, Lesson, LessonActor, Step, walk
from training.scenario_runs import ScenarioRuns

SANDBOX_ACTORS = (LessonActor(name="agent", title=N_("Support agent"), role=ActorRole.AGENT),)
AGENT_NAMES = {
    ShopLanguage.UKRAINIAN: ("Марія", "Ірина", "Богдан"),
    ShopLanguage.ENGLISH: ("Mariia", "Iryna", "Bohdan"),
}
FIRST_CUSTOMER, CUSTOMERS = 1_000_000, 9_000_000
"""The simulator drives ``user_1`` to ``user_1000``, and knows names of up to seven digits."""
NO_SIMULATOR = N_(
    "Start the simulator with `python -m simulator`. It cannot be reached at this address."
)
GOAL_TIMEOUT_S = 30.0
POLL_INTERVAL_S = 0.02
CONVERSATION_TIMEOUT_S = 5.0
SOLUTION_STOP_TIMEOUT_S = 5.0
RATE_LIMIT_RETRIES, RATE_LIMIT_PAUSE_S = 20, 0.2

log = logging.getLogger(__name__)
scenario_runs = ScenarioRuns()


class ExerciseError(Exception):
    """An exercise could not start, or an action could not be performed.

    ``str()`` is an untranslated sentence; ``reason`` an untranslated reason, empty if the
    sentence says it all.
    """

    def __init__(self, text: str, reason: str = "") -> None:
        super().__init__(text)
        self.reason = reason


class _Person(Struct, frozen=True):
    """The user of an actor; ``order`` is empty for staff."""

    user_id: str
    name: str
    order: str = ""


class Exercise:
    """Thread-safe; ``close`` ends its connections and undoes what it changed in the shop.

    ``lesson`` None is the sandbox: the same values, an agent besides the learner, and no steps.
    Each exercise has customers of its own, which no simulated client acts as.

    Raises:
        ExerciseError: the server or the simulator cannot be reached.
    """

    def __init__(self, environment: Environment, lesson: Lesson | None) -> None:
        self.actors = SANDBOX_ACTORS if lesson is None else lesson.actors
        self.step = -1
        self.answer = ""  # the last choice given to the step's question
        self._environment, self._lesson = environment, lesson
        self._services = Services(environment)
        self._lock = threading.RLock()
        self._others: list[OtherEntry] = []
        self._first_seqs: dict[str, int] = {}
        self._is_preparing = False
        self._met: dict[int, GoalResult] = {}  # by the number of the goal, from 0
        self._seen_events: frozenset[ConnectionEvent] = frozenset()
        self._conversations: set[str] = set()
        self._pairs: dict[str, tuple[int, tuple[ActorFrame, ...]]] = {}
        self._subscribed: dict[str, tuple[int, frozenset[str]]] = {}
        self._latest: tuple[tuple[int, Timeline, dict[str, str]], StepResult] | None = None
        self._solution: threading.Thread | None = None
        self._stopping = threading.Event()  # of what is being played; each has one of its own
        self.solution_problem: ExerciseError | None = None
        self._log_reader: ConnectionLogReader | None = None
        self._orders = HeldOrders(environment, self._services)
        try:
            self._people = self._create_people()
        except ApiRequestError as error:
            self._orders.close()
            raise self._problem(N_("The lesson cannot start."), error) from None
        self._connections = {
            actor.name: ActorConnection(
                environment,
                self._people[actor.name].user_id,
                str(actor.role),
                self._people[actor.name].name,
            )
            for actor in self._all_actors()
        }
        self._connection_events = self._open_connection_log()

    @property
    def values(self) -> Mapping[str, str]:
        """The values of the placeholders in texts, frames and conditions.

        ``order``, ``user_id``, ``name`` and ``first_name`` are the learner's; with the prefix
        ``other_`` those of another customer, with an actor's name as prefix the actor's.
        ``other`` and the name of an actor alone stand for the first name.  ``tenant`` is the
        shop's.  ``conversation`` is the support conversation of the learner, once there is one.
        """
        values = {"tenant": self._environment.tenant}
        for actor, person in self._people.items():
            prefix = "" if actor == LEARNER else f"{actor}_"
            first_name = person.name.partition(" ")[0]
            values |= {
                f"{prefix}user_id": person.user_id,
                f"{prefix}name": person.name,
                f"{prefix}first_name": first_name,
            }
            if actor != LEARNER:
                values[actor] = first_name
            if person.order:
                values[f"{prefix}order"] = person.order
        if conversation := placeholders.conversation_of(self.frames(LEARNER)):
            values["conversation"] = conversation
        return MappingProxyType(values)

    def fill(self, text: str) -> str:
        """Fill the placeholders of a (translated) text.

        ``{epoch}`` and ``{offset}`` stand for the learner's position in the order's channel, or
        in the channel of the latest position.
        """
        values = self.values
        if not placeholders.names_in(text) & {"epoch", "offset"}:
            return placeholders.fill(text, values)
        frames, user_id = self.frames(LEARNER), values["user_id"]
        position = placeholders.position_values(frames, user_id, f"order:{values['order']}")
        position = position or placeholders.position_values(frames, user_id)
        return placeholders.fill(text, {**values, **position})

    def begin_step(self, step: int) -> None:
        """Begin a step: what happened before does not count; performs its setup. Blocks < 5 s.

        A step that does not follow the one before it starts with closed connections and with its
        ``resume``; so does one whose order has no next status, or was lost when the shop was
        reset: it gets another order.

        Raises:
            ExerciseError: the setup could not be performed.
        """
        self._stop_solution()
        follows = self.step == step - 1 and step > 0 and self.result().is_met
        with self._lock:
            self._is_preparing = True
            self.step, self.answer, self.solution_problem = step, "", None
        try:
            can_go_on = self._renew_orders()
            if not (follows and can_go_on):
                for connection in self._connections.values():
                    connection.disconnect()
                self.play(self._current_step.resume)
            self.play(self._current_step.setup)
        finally:
            events = frozenset(self._connection_events())  # this may wait for the server
            with self._lock:
                self._others.clear()
                self._met.clear()
                self._first_seqs = {
                    actor: connection.last_seq() + 1
                    for actor, connection in self._connections.items()
                }
                self._seen_events = events
                self._is_preparing = False

    def perform(self, action: Action) -> None:
        """Perform an action of the learner's: what the editor's Send and every button call.

        Returns when it has been started or sent; a change of an order has been published then.
        ``Wait`` is for solutions, and does nothing here.

        Raises:
            ExerciseError: the action could not be performed.
        """
        at = time.time()
        try:
            self._perform(placeholders.fill_action(action, self.values))
        except ApiRequestError as error:
            text = N_("This was not possible. Press Reset to start the step again.")
            raise self._problem(text, error) from None
        if self.step >= 0 and not isinstance(action, Choose | Wait):
            with self._lock:
                self._others.append(PerformedAction(at, _tag(action)))

    def show_solution(self) -> None:
        """Play the step's solution on a thread of its own, one action after another.

        ``solution_problem`` is set if an action could not be performed.
        """
        self._stop_solution()
        self._stopping = threading.Event()
        self.solution_problem = None
        self._solution = threading.Thread(
            target=self._play_solution,
            args=(self._current_step.solution, self._stopping),
            name="exercise-solution",
            daemon=True,
        )
        self._solution.start()

    @property
    def is_showing_solution(self) -> bool:
        """Return whether the solution is being played."""
        return self._solution is not None and self._solution.is_alive()

    def play(self, actions: Sequence[Action]) -> None:
        """Perform actions one after another, each when the one before has had its effect.

        Raises:
            ExerciseError: an action could not be performed.
        """
        self._stopping = threading.Event()
        self._play(actions, self._stopping)

    def choose(self, choice: str) -> None:
        """Answer the step's question."""
        question = self._current_step.question
        choices = question.choices if question else ()
        is_right = any(each.name == choice and not each.explanation for each in choices)
        with self._lock:
            self.answer = choice
            self._others.append(GivenAnswer(time.time(), is_right))

    def result(self) -> StepResult:
        """Return whether the step is done; nothing is while it is being set up.

        A goal that was met stays met when its frames are dropped because there are too many.
        """
        with self._lock:
            number, is_preparing = self.step, self._is_preparing
        step = self._current_step if number >= 0 else None
        if step is None or is_preparing:
            return _nothing_met(step)
        values = self.values
        subscriptions = self._subscriptions(step)  # not under the lock: it asks the server
        events = self._connection_events()
        with self._lock:
            if self.step != number or self._is_preparing:
                return _nothing_met(step)
            self._record_ended_connections(step, events)
            frames = [self._step_frames(actor) for actor in self._connections]
            timeline = Timeline(
                merge_entries(frames, sorted(self._others, key=lambda entry: entry.at)),
                subscriptions,
            )
            evaluated = (number, timeline, dict(values))
            if self._latest is None or self._latest[0] != evaluated:
                result = evaluate_step(step, timeline, values, self._met)
                self._latest = (evaluated, result)
                self._met = stays_met(step, result)
            return self._latest[1]

    def frames(self, actor: str) -> tuple[RecordedFrame, ...]:
        """Return the frames of an actor's connections, oldest first; none for an unknown one."""
        connection = self._connections.get(actor)
        return connection.recorder.frames() if connection else ()

    def wait_for_frame(
        self, actor: str, predicate: Callable[[RecordedFrame], bool], timeout_s: float
    ) -> RecordedFrame | None:
        """Wait for a frame of an actor's connections that matches; None on timeout."""
        return self._connections[actor].recorder.wait_for(predicate, timeout_s)

    def is_open(self, actor: str) -> bool:
        """Return whether the actor has a connection, or one is being opened."""
        return self._connections[actor].is_open

    def first_seq(self, actor: str) -> int:
        """Return the first frame of the current step: older ones do not count."""
        with self._lock:
            return self._first_seqs.get(actor, 1)

    def messages_sent(self) -> int:
        """Return how many messages have been sent in the current step, by all actors."""
        firsts = {actor: self.first_seq(actor) for actor in self._connections}
        return sum(
            frame.is_sent and frame.kind is FrameKind.TEXT and frame.seq >= firsts[actor]
            for actor, connection in self._connections.items()
            for frame in connection.recorder.frames()
        )

    def close(self) -> None:
        """End the connections, stop the scenarios that only this exercise uses, finish its orders.

        Blocks for some seconds if the server or the simulator does not answer.
        """
        self._stop_solution()
        for connection in self._connections.values():
            connection.recorder.release_waiters()
            connection.disconnect()
        if self._log_reader:
            self._log_reader.close()
        with self._lock:
            conversations = tuple(self._conversations)
        try:
            scenario_runs.release(self._services, self._environment.simulator_url, self)
            for conversation in conversations:
                self._services.send_command(ReleaseConversation(conversation))
        except ApiRequestError as error:
            log.warning("an exercise could not be undone: %s", error)
        self._orders.close()

    @property
    def _current_step(self) -> Step:
        if self._lesson is None:
            raise ValueError("the sandbox has no steps")
        return self._lesson.steps[self.step]

    def _all_actors(self) -> tuple[LessonActor, ...]:
        return (LessonActor(name=LEARNER, title=""), *self.actors)

    def _create_people(self) -> dict[str, _Person]:
        customers = [each.name for each in self._all_actors() if each.role is ActorRole.CUSTOMER]
        agents = [each.name for each in self._all_actors() if each.role is ActorRole.AGENT]
        people: dict[str, _Person] = {}
        for actor in dict.fromkeys((*customers, OTHER)):
            people[actor] = self._create_customer({each.name for each in people.values()})
        if agents:
            names = AGENT_NAMES[self._services.shop_state().language]
            for number, actor in enumerate(agents):
                id = f"agent_{secrets.token_hex(4)}"
                people[actor] = _Person(id, names[number % len(names)])
        return people

    def _create_customer(self, names: set[str]) -> _Person:
        """Create a customer whose first name is not one of others, so that texts are clear."""
        taken = {name.partition(" ")[0] for name in names}
        while True:
            user_id = f"user_{FIRST_CUSTOMER + secrets.randbelow(CUSTOMERS)}"
            order = self._orders.place(user_id)
            if order.customer.name.partition(" ")[0] not in taken:
                return _Person(user_id, order.customer.name, order.id)

    def _renew_orders(self) -> bool:
        """Place new orders for those that have no next status; returns whether there are none."""
        self._orders.forget_those_before_a_reset()
        has_renewed = False
        for actor, person in self._people.items():
            if person.order and not self._orders.can_advance(person.order):
                try:
                    order = self._orders.place(person.user_id)
                except ApiRequestError as error:
                    raise self._problem(N_("The step cannot start."), error) from None
                self._people[actor] = _Person(person.user_id, person.name, order.id)
                has_renewed = True
        return not has_renewed

    def _problem(self, text: str, error: ApiRequestError) -> ExerciseError:
        """Return the error of something that was not possible; it names a missing simulator."""
        if isinstance(error, SimulatorUnreachable):
            return ExerciseError(NO_SIMULATOR, self._environment.simulator_url)
        return ExerciseError(text, error.detail.message or str(error))

    def _open_connection_log(self) -> ConnectionEvents:
        if self._environment.connection_events is not None:
            return self._environment.connection_events
        steps = self._lesson.steps if self._lesson else ()
        if any(_uses(step, ConnectionEnded) for step in steps):
            self._log_reader = ConnectionLogReader(self._environment)
            return self._log_reader.events
        return tuple

    def _perform(self, action: Action) -> None:
        match action:
            case Connect(token, by):
                self._connections[by].connect(token)
            case Disconnect(by):
                self._connections[by].disconnect()
            case Cut(by):
                self._connections[by].abort()
            case Send(text, by):
                self._send(self._connections[by], text)
            case Flood(count, by):
                self._flood(self._connections[by], count)
            case Publish(body):
                self._services.publish(body.encode())
            case Advance(order):
                self._orders.advance(order)
            case RunScenario(name):
                scenario_runs.start(self._services, self._environment.simulator_url, name, self)
            case Choose(choice):
                self.choose(choice)
            case Wait():
                pass
            case _:
                assert_never(action)

    def _send(self, connection: ActorConnection, text: str) -> None:
        _require_open(connection)
        after_seq = connection.last_seq()
        connection.send(text)
        if connection.role == ActorRole.CUSTOMER and "chat_message" in text:
            threading.Thread(
                target=self._take_conversation,
                args=(connection, after_seq),
                name="exercise-conversation",
                daemon=True,
            ).start()

    def _flood(self, connection: ActorConnection, count: int) -> None:
        _require_open(connection)
        for number in range(1, count + 1):  # it may be closed before the last one
            connection.send(f'{{"type":"ping","id":"flood-{number}"}}')

    def _take_conversation(self, connection: ActorConnection, after_seq: int) -> None:
        """Stop the simulated agent in the conversation of a message, again after a reset."""
        frame = connection.recorder.wait_for(
            partial(_is_chat_message, after_seq), CONVERSATION_TIMEOUT_S
        )
        conversation = placeholders.conversation_of((frame,) if frame else ())
        if not conversation:
            return
        with self._lock:
            self._conversations.add(conversation)
        try:
            self._services.send_command(TakeConversation(conversation))
        except ApiRequestError as error:
            log.warning("the simulated agent may answer a learner: %s", error)

    def _play_solution(self, actions: Sequence[Action], stopping: threading.Event) -> None:
        try:
            self._play(actions, stopping)
        except ExerciseError as error:
            self.solution_problem = error

    def _play(self, actions: Sequence[Action], stopping: threading.Event) -> None:
        for action in actions:
            if stopping.is_set():
                return
            if isinstance(action, Wait):
                self._wait_for_goal(action.goal, stopping)
                continue
            by = self._connections.get(getattr(action, "by", LEARNER))
            after_seq = by.last_seq() if by else 0
            was_open = by is not None and by.is_open
            self.perform(action)
            if by is None:
                continue
            match action:
                case Connect():
                    by.wait_until_connected(after_seq)
                case Cut() if was_open:
                    by.wait_until_closed(after_seq)
                case Send(text):
                    self._wait_for_reply(by, self.fill(text), after_seq, stopping)
                case _:
                    pass

    def _wait_for_reply(
        self, by: ActorConnection, text: str, after_seq: int, stopping: threading.Event
    ) -> None:
        """Wait for the reply to a message; send it again while it is over the rate limit."""
        for _ in range(RATE_LIMIT_RETRIES):
            reply = by.wait_for_reply(text, after_seq)
            if reply is None or reply.error_code != ErrorCode.RATE_LIMITED:
                return
            if stopping.wait(RATE_LIMIT_PAUSE_S) or not by.is_open:
                return
            after_seq = by.last_seq()
            by.send(text)

    def _stop_solution(self) -> None:
        """Stop what is being played; its last action may still be under way after the timeout."""
        self._stopping.set()
        if self._solution is not None:
            self._solution.join(SOLUTION_STOP_TIMEOUT_S)

    def _wait_for_goal(self, goal: int, stopping: threading.Event) -> None:
        """Wait until a goal of the step is met, by its number from 1, or the time is over."""
        deadline = time.monotonic() + GOAL_TIMEOUT_S
        while not self.result().goals[goal - 1].is_met:
            if time.monotonic() > deadline or stopping.wait(POLL_INTERVAL_S):
                return

    def _step_frames(self, actor: str) -> tuple[ActorFrame, ...]:
        frames = self._connections[actor].recorder.frames()
        last_seq = frames[-1].seq if frames else 0
        known_seq, pairs = self._pairs.get(actor, (-1, ()))
        if known_seq != last_seq:
            pairs = pair_frames(actor, frames)
            self._pairs[actor] = (last_seq, pairs)
        first_seq = self._first_seqs.get(actor, 1)
        return tuple(entry for entry in pairs if entry.frame.seq >= first_seq)

    def _record_ended_connections(self, step: Step, events: Sequence[ConnectionEvent]) -> None:
        """Record which connections of others have ended, as far as the step asks for it."""
        wanted = {
            each.code
            for goal in step.goals
            for each in walk(goal)
            if isinstance(each, ConnectionEnded)
        }
        own = {connection.user_id for connection in self._connections.values()}
        for event in events:
            is_new = event not in self._seen_events
            if is_new and event.code in wanted and event.user_id not in own:
                self._others.append(EndedConnection(time.time(), event.code))
        self._seen_events = frozenset(events)

    def _subscriptions(self, step: Step) -> frozenset[tuple[str, str]]:
        """Ask the server what the actors that the step's conditions name are subscribed to."""
        if not _uses(step, IsSubscribed):
            return frozenset()
        found: set[tuple[str, str]] = set()
        for actor, connection in self._connections.items():
            last_seq = _last_change(connection.recorder.frames())
            known_seq, channels = self._subscribed.get(actor, (-1, frozenset()))
            if known_seq != last_seq:
                try:
                    channels = self._services.subscriptions(connection.user_id)
                except ApiRequestError as error:
                    log.warning("cannot ask for subscriptions: %s", error)
                    continue
                self._subscribed[actor] = (last_seq, channels)
            found |= {(actor, channel) for channel in channels}
        return frozenset(found)


def _require_open(connection: ActorConnection) -> None:
    if not connection.is_open:
        raise ExerciseError(N_("The connection is closed. Connect first."))


def _is_chat_message(after_seq: int, frame: RecordedFrame) -> bool:
    return frame.seq > after_seq and not frame.is_sent and frame.type == "chat_message"


def _last_change(frames: Sequence[RecordedFrame]) -> int:
    """Return the latest frame that may have changed a connection's subscriptions."""
    types = ("subscribed", "unsubscribed", "auth_success")
    for frame in reversed(frames):
        if frame.kind is FrameKind.CLOSE or (not frame.is_sent and frame.type in types):
            return frame.seq
    return 0


def _nothing_met(step: Step | None) -> StepResult:
    """Return the result of a step in which nothing was done."""
    goals = tuple(GoalResult(False) for _ in (step.goals if step else ()))
    return StepResult(goals, False, False)


def _tag(action: Action) -> str:
    return str(action.__struct_config__.tag)


def _uses(step: Step, kind: type[Struct]) -> bool:
    """Return whether a step's goals have a condition of this kind."""
    return any(isinstance(each, kind) for goal in step.goals for each in walk(goal))
