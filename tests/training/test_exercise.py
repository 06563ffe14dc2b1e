"""Exercises on a real server with a busy shop."""

import time
from queue import Queue

import msgspec
import pytest
from msgspec.structs import replace

from client.frame_recorder import MAX_FRAMES
from client.http_client import ApiRequestError
from client.recorded_frames import FrameKind
from client.sync.client import ShopWebSocket
from protocol.event_payloads import OrderStatus
from protocol.monitoring import Sample, TrafficPayload
from protocol.simulator_api import (
    AdvanceOrder,
    RestartSimulation,
    StartScenario,
    StopScenario,
)
from tests.training.lessons_for_tests import frame, make_lesson, make_step
from training.actions import (
    Advance,
    Choose,
    Connect,
    Cut,
    Disconnect,
    Flood,
    Publish,
    RunScenario,
    Send,
    TokenKind,
    Wait,
)
from training.conditions import (
    Answered,
    Closed,
    ConnectionEnded,
    IsSubscribed,
    Never,
    Performed,
    Received,
    Sent,
)
from training.environment import Services
from training.exercise import Exercise, ExerciseError
from training.lesson_types import ActorRole, Choice, LessonActor, Question
from training.placeholders import fill

pytestmark = pytest.mark.xdist_group("training")  # one server and one shop for all

WAIT_S = 20.0
MAX_PUBLICATIONS = 1000  # in one request
SUBSCRIBE = Send(frame("subscribe", "s1", channel="order:{order}"))
AGENT = LessonActor(name="agent", title="Agent", role=ActorRole.AGENT)
PONG = Received(type="pong", replying_to=Sent(type="ping"))


@pytest.fixture
def services(environment):
    return Services(environment)


@pytest.fixture
def begin(environment):
    """Begin the first step of a lesson of these steps, or another."""
    exercises = []

    def begin_lesson(*steps, at=0, **fields):
        exercise = Exercise(environment, make_lesson(*steps, **fields))
        exercises.append(exercise)
        exercise.begin_step(at)
        return exercise

    yield begin_lesson
    for exercise in exercises:
        exercise.close()


def received(exercise, type_, actor="you"):
    """Wait for a message that is not sent by the actor, since the step began."""
    return exercise.wait_for_frame(
        actor,
        lambda each: (
            each.seq >= exercise.first_seq(actor) and not each.is_sent and each.type == type_
        ),
        WAIT_S,
    )


def test_each_exercise_has_customers_that_no_simulated_client_acts_as(begin):
    first, second = begin(make_step(PONG)).values, begin(make_step(PONG)).values

    users = {v[name] for v in (first, second) for name in ("user_id", "other_user_id")}
    assert len(users) == 4
    assert all(int(user.removeprefix("user_")) > 1000 for user in users)
    assert first["first_name"] != first["other"]
    assert first["name"].startswith(first["first_name"])


def test_the_learner_may_subscribe_to_the_own_order_and_to_no_other(begin):
    exercise = begin(make_step(PONG))
    foreign = Send(frame("subscribe", "s2", channel="order:{other_order}"))

    exercise.play([Connect(), SUBSCRIBE, foreign])

    assert (
        received(exercise, "subscribed").payload["channel"] == f"order:{exercise.values['order']}"
    )
    assert received(exercise, "error").error_code == "forbidden"


def test_texts_frames_and_conditions_have_the_values_of_the_exercise(begin):
    goal = Received(type="subscribed", where=("channel = order:{order}",))
    exercise = begin(make_step(goal, resume=[Connect()]))

    exercise.play([SUBSCRIBE])

    assert exercise.result().is_met
    assert exercise.fill("{name}: {order}, {n}") == (
        f"{exercise.values['name']}: {exercise.values['order']}, {{n}}"
    )


def test_what_happened_before_a_step_does_not_count(begin):
    exercise = begin(make_step(PONG), make_step(PONG))
    exercise.play([Connect(), Send(frame("ping", "p1"))])
    assert exercise.result().is_met

    exercise.begin_step(1)
    assert not exercise.result().is_met
    assert exercise.messages_sent() == 0

    exercise.play([Send(frame("ping", "p1"))])
    assert exercise.result().is_met
    assert exercise.messages_sent() == 1


def test_a_step_that_follows_the_one_before_keeps_its_connection(begin):
    steps = make_step(PONG, resume=[Connect()]), make_step(PONG, resume=[Connect(), SUBSCRIBE])
    exercise = begin(*steps)
    exercise.play([Send(frame("ping", "p1"))])
    exercise.begin_step(1)
    kinds = [each.kind for each in exercise.frames("you")]
    assert kinds.count(FrameKind.OPEN) == 1
    assert FrameKind.CLOSE not in kinds

    exercise.begin_step(1)
    again = [each.label for each in exercise.frames("you")]
    assert again.count("open") == 2
    assert again[-1] == "subscribed"


def test_a_step_can_be_begun_alone(begin):
    exercise = begin(make_step(PONG), make_step(PONG, resume=[Connect(), SUBSCRIBE]), at=1)

    assert exercise.is_open("you")
    assert exercise.first_seq("you") == exercise.frames("you")[-1].seq + 1


def test_the_order_has_been_published_when_advance_returns(begin):
    nothing = Never(
        condition=Received(type="order_update"),
        after=Performed(action="advance_order"),
        until=PONG,
    )
    exercise = begin(make_step(nothing, resume=[Connect(), SUBSCRIBE]))

    exercise.play([Advance(), Send(frame("ping", "p1"))])

    types = [each.type for each in exercise.frames("you")]
    assert types.index("order_update") < types.index("pong")
    assert not exercise.result().is_met


def test_an_update_reaches_nobody_but_its_subscribers(begin, environment):
    exercise = begin(make_step(PONG, resume=[Connect()]))
    channel = fill("order:{order}", exercise.values)
    samples: Queue[Sample] = Queue()
    monitor = ShopWebSocket(environment.socket_url, lambda: environment.token("a", "admin"))

    def on_traffic(payload):
        for sample in msgspec.json.decode(payload, type=TrafficPayload).sample:
            samples.put(sample)

    monitor.on_raw("traffic", on_traffic)
    monitor.subscribe("monitor:shop")
    monitor.connect()
    try:
        samples.get(timeout=WAIT_S)  # the monitor reports
        exercise.play([Advance()])
        update = samples.get(timeout=WAIT_S)
        while update.channel != channel:
            update = samples.get(timeout=WAIT_S)
    finally:
        monitor.disconnect()

    assert update.reached == 0


def test_an_order_without_a_next_status_is_replaced_when_a_step_begins(begin):
    exercise = begin(make_step(PONG, resume=[Connect()]))
    order = exercise.values["order"]
    exercise.play([Advance()] * 5)
    with pytest.raises(ExerciseError, match="Press Reset"):
        exercise.play([Advance()])

    exercise.begin_step(0)

    assert exercise.values["order"] != order
    exercise.play([SUBSCRIBE, Advance()])
    assert received(exercise, "order_update").payload["status"] == "paid"


def test_an_order_that_a_reset_of_the_shop_has_removed_is_replaced_when_a_step_begins(
    begin, services
):
    exercise = begin(make_step(PONG, resume=[Connect()]), make_step(PONG, resume=[Connect()]))
    lost, user = exercise.values["order"], exercise.values["user_id"]

    services.send_command(RestartSimulation())
    exercise.begin_step(1)
    exercise.perform(Advance())
    assert exercise.values["order"] != lost
    assert exercise.values["user_id"] == user

    services.send_command(RestartSimulation())
    with pytest.raises(ExerciseError, match="Press Reset"):
        exercise.perform(Advance())


def test_nothing_happens_to_the_order_but_by_the_learner_and_it_ends_with_the_exercise(
    begin, services
):
    exercise = begin(make_step(PONG))
    order = exercise.values["order"]
    exercise.close()

    with pytest.raises(ApiRequestError):
        services.send_command(AdvanceOrder(order, OrderStatus.PAID))


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (TokenKind.VALID, "auth_success"),
        (TokenKind.SHORT_LIVED, "auth_success"),
        (TokenKind.EXPIRED, "auth_error"),
        (TokenKind.FORGED, "auth_error"),
    ],
)
def test_a_connection_is_opened_with_any_kind_of_token(begin, kind, answer):
    exercise = begin(make_step(PONG))
    exercise.play([Connect(kind)])

    assert received(exercise, answer)


@pytest.mark.parametrize(
    ("placeholder", "answer"),
    [
        ("$TOKEN", "auth_success"),
        ("$FRESH_TOKEN", "auth_success"),
        ("$EXPIRED_TOKEN", "auth_error"),
        ("$FORGED_TOKEN", "auth_error"),
    ],
)
def test_a_frame_may_contain_any_kind_of_token_which_is_not_recorded(begin, placeholder, answer):
    exercise = begin(make_step(PONG))
    exercise.play([Connect(TokenKind.NONE), Send(frame("auth", "a1", token=placeholder))])

    assert received(exercise, answer).id == "a1"
    assert not any(".ey" in each.text for each in exercise.frames("you"))


def test_a_cut_connection_ends_with_1006_and_a_closed_one_with_1000(begin):
    exercise = begin(make_step(Closed(code=1006), Closed(code=1000)))

    exercise.play([Connect(), Cut(), Connect(), Disconnect()])

    assert exercise.result().is_met
    assert not exercise.is_open("you")


def test_missed_messages_are_recovered_from_the_position_of_the_learner(begin):
    def recoverable(id, **since):
        return frame("subscribe", id, channel="order:{order}", recoverable=True, **since)

    since = {"since": {"epoch": "{epoch}", "offset": "OFFSET"}}
    again = recoverable("s2", **since).replace('"OFFSET"', "{offset}")
    goal = Received(type="subscribed", where=("recovered = true",))
    exercise = begin(make_step(goal, resume=[Connect(), Send(recoverable("s1"))]))

    exercise.play([Cut(), Advance(), Connect(), Send(again), Wait(1)])

    assert exercise.result().is_met
    assert received(exercise, "order_update").payload["status"] == "paid"
    assert exercise.fill("{offset}") == "1"


def test_a_flood_is_limited_and_closed(begin):
    exercise = begin(make_step(Closed(code=4101), resume=[Connect()]))

    exercise.play([Flood(400), Wait(1)])

    assert exercise.result().is_met


def test_a_message_without_a_connection_is_refused_with_a_sentence(begin):
    with pytest.raises(ExerciseError, match="Connect first"):
        begin(make_step(PONG)).perform(Send(frame("ping")))


def test_a_goal_stays_met_on_a_connection_that_records_more_than_it_can_keep(begin, services):
    exercise = begin(make_step(PONG, resume=[Connect()]))
    exercise.play([Send(frame("ping", "p1"))])
    assert exercise.result().is_met
    others = [
        {
            "user": exercise.values["user_id"],
            "type": "notification",
            "payload": {"id": f"n{number}", "title": "T", "body": "B"},
        }
        for number in range(MAX_FRAMES)
    ]

    for start in range(0, MAX_FRAMES, MAX_PUBLICATIONS):
        services.publish(msgspec.json.encode(others[start : start + MAX_PUBLICATIONS]))

    last = others[-1]["payload"]["id"]
    assert exercise.wait_for_frame("you", lambda each: each.payload.get("id") == last, WAIT_S)
    assert "pong" not in {each.type for each in exercise.frames("you")}
    assert exercise.result().is_met


def test_the_server_says_what_is_subscribed(begin):
    exercise = begin(make_step(IsSubscribed(channel="order:{order}"), resume=[Connect()]))
    assert not exercise.result().is_met
    exercise.play([SUBSCRIBE])
    assert exercise.result().is_met

    exercise.play([Send(frame("unsubscribe", "u1", channel="order:{order}"))])
    assert not exercise.result().is_met


def test_another_learner_does_not_solve_a_step(begin):
    step = make_step(PONG, Received(type="order_update"), resume=[Connect(), SUBSCRIBE])
    one, two = begin(step), begin(step)

    one.play([Send(frame("ping", "p1")), Advance(), Wait(2)])

    assert one.result().is_met
    assert not any(goal.is_met for goal in two.result().goals)


def test_a_publication_reaches_the_learner(begin):
    exercise = begin(make_step(Received(type="notification"), resume=[Connect()]))
    body = (
        '{"user": "{user_id}", "type": "notification",'
        ' "payload": {"id": "n", "title": "T", "body": "B"}}'
    )

    exercise.play([Publish(body), Wait(1)])

    assert exercise.result().is_met


def test_the_simulated_agent_leaves_a_learners_conversation_to_the_lesson(begin, services):
    exercise = begin(make_step(PONG, resume=[Connect()]), actors=(AGENT,))
    exercise.play([Connect(by="agent")])
    exercise.play([Send(frame("subscribe", "t1", channel="tenant:{tenant}"), by="agent")])

    exercise.play([Send(frame("chat_message", "c1", content="?"))])
    conversation = exercise.values["conversation"]
    while conversation not in services.shop_state().taken_conversations:
        time.sleep(0.02)
    answer = frame("chat_message", "c2", conversation_id="{conversation}", content="OK")
    exercise.play([Send(answer, by="agent")])
    assert exercise.wait_for_frame(
        "you", lambda each: each.payload.get("message", {}).get("content") == "OK", WAIT_S
    )

    names = {"you": exercise.values["name"], "agent": exercise.values["agent_name"]}
    messages = [each for each in exercise.frames("you") if each.payload.get("message")]
    assert [each.payload["message"]["sender_name"] for each in messages if not each.is_sent] == [
        names["you"],
        names["agent"],
    ]
    exercise.close()
    assert conversation not in services.shop_state().taken_conversations


def test_a_scenario_that_only_an_exercise_uses_ends_with_it(begin, services):
    first, second = begin(make_step(PONG)), begin(make_step(PONG))
    for exercise in (first, second):
        exercise.perform(RunScenario("calm-day"))

    first.close()
    assert services.shop_state().running_scenario("calm-day")
    second.close()
    assert not services.shop_state().running_scenario("calm-day")


def test_a_scenario_of_somebody_else_goes_on(begin, services):
    services.send_command(StartScenario("flash-sale"))
    started_at = services.shop_state().running_scenario("flash-sale").started_at
    exercise = begin(make_step(Performed(action="start_scenario")))
    exercise.perform(RunScenario("flash-sale"))
    assert exercise.result().is_met
    exercise.close()

    assert services.shop_state().running_scenario("flash-sale").started_at == started_at
    services.send_command(StopScenario("flash-sale"))


def test_other_connections_that_end_are_known_from_the_servers_log(begin, environment):
    step = make_step(ConnectionEnded(code=4101), resume=[Connect()])
    exercise, other = begin(step), begin(make_step(PONG, resume=[Connect()]))

    exercise.play([Flood(400)])
    exercise.wait_for_frame("you", lambda each: each.code == 4101, WAIT_S)
    assert not exercise.result().is_met

    other.play([Flood(400)])
    exercise.play([Wait(1)])
    assert exercise.result().is_met


def test_the_log_may_come_from_elsewhere(environment):
    events = []
    elsewhere = replace(environment, connection_events=lambda: tuple(events))
    exercise = Exercise(elsewhere, make_lesson(make_step(ConnectionEnded(code=4100))))
    try:
        exercise.begin_step(0)
        assert not exercise.result().is_met
    finally:
        exercise.close()


QUESTION = Question("?", (Choice("right", "R"), Choice("wrong", "W", "It is not.")))


def test_a_question_is_answered_by_its_right_choice(begin):
    exercise = begin(make_step(Answered(), question=QUESTION))

    exercise.choose("wrong")
    assert not exercise.result().is_answered
    assert exercise.answer == "wrong"
    exercise.perform(Choose("right"))
    assert exercise.result().is_met
    assert exercise.answer == "right"
    exercise.begin_step(0)
    assert exercise.answer == ""


def test_the_solution_is_shown_in_the_background(begin):
    solution = (Connect(), Send(frame("ping", "p1")))
    exercise = begin(make_step(PONG, solution=solution))

    exercise.show_solution()

    assert received(exercise, "pong")
    assert exercise.solution_problem is None


def test_a_solution_that_fails_says_why(begin):
    exercise = begin(make_step(PONG, solution=(Send(frame("ping", "p1")),)))

    exercise.show_solution()
    while exercise.is_showing_solution:
        time.sleep(0.02)

    assert "Connect first" in str(exercise.solution_problem)


def test_the_sandbox_has_values_and_an_agent_and_no_steps(environment):
    sandbox = Exercise(environment, None)
    try:
        sandbox.play([Connect(), SUBSCRIBE, Connect(by="agent")])

        assert received(sandbox, "subscribed")
        assert received(sandbox, "auth_success", "agent").payload["role"] == "agent"
        assert not sandbox.result().is_met
    finally:
        sandbox.close()


def test_without_a_simulator_a_lesson_cannot_start_and_says_what_to_start(environment):
    elsewhere = replace(environment, simulator_url="http://127.0.0.1:9")

    with pytest.raises(ExerciseError, match="python -m simulator") as raised:
        Exercise(elsewhere, make_lesson(make_step(PONG)))

    assert raised.value.reason == "http://127.0.0.1:9"
