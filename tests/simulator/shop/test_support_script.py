"""Support conversations: customers follow their script, the agent makes room for people."""

import pytest

from simulator.data_files import InvalidDataFile, read_text
from simulator.shop import support_script
from simulator.shop.support_script import AGENT_ID, MAX_CONVERSATIONS, AgentScript, CustomerScript


@pytest.fixture
def script(premises):
    return premises.support_script


@pytest.fixture
def agent(script):
    return AgentScript(script)


@pytest.fixture
def topic(script):
    return script.topic("доставка")


def test_runs_through_the_script_and_ends_with_thanks(script, topic):
    """
    Both sides together, as they would on their sockets.
    """
    asking, agent = CustomerScript(script, topic), AgentScript(script)
    said, line = [], asking.first_message()
    while line is not None:
        answer = agent.reply_to("conv_1", "user_1", line)
        said += [line, answer]
        line = asking.reply_to(AGENT_ID) if answer else None

    exchanges = [text for e in topic.exchanges for text in (e.question, e.answer)]
    assert said[:-2] == exchanges
    assert said[-2] in script.thanks
    assert said[-1] is None


def test_a_customer_says_only_thanks_to_a_person(script, topic):
    asking = CustomerScript(script, topic)
    asking.first_message()

    assert asking.reply_to("agent_olha") in script.thanks
    assert asking.reply_to("agent_olha") is None


def test_a_person_who_answers_keeps_the_agent_out(agent, topic):
    question = topic.exchanges[0].question
    agent.reply_to("conv_1", "user_1", question)
    agent.reply_to("conv_1", "agent_olha", "Вітаю!")

    assert not agent.may_answer("conv_1")
    assert agent.reply_to("conv_1", "user_1", question) is None


def test_a_person_may_take_a_conversation_before_anything_is_said(agent, topic):
    agent.hand_over("conv_1")

    assert agent.reply_to("conv_1", "user_1", topic.exchanges[0].question) is None
    assert agent.reply_to("conv_2", "user_1", topic.exchanges[0].question)


def test_a_person_keeps_the_agent_out_of_that_conversation_only(agent, topic):
    agent.record_senders("conv_1", ["user_1", "agent_olha"])

    assert agent.reply_to("conv_2", "user_1", topic.exchanges[0].question)


def test_the_agent_does_not_answer_itself(agent):
    agent.reply_to("conv_1", "user_1", "Добрий день!")

    assert agent.reply_to("conv_1", AGENT_ID, "Вітаю!") is None
    assert agent.may_answer("conv_1")


def test_the_agent_has_something_to_say_to_anybody_but_not_forever(agent, script):
    answers = [agent.reply_to("conv_1", "user_1", "А що там із дронами?") for _ in range(4)]

    assert answers == [*script.fallback_answers, None, None]


def test_the_agent_learns_from_the_record_who_was_there(agent, topic):
    agent.record_senders("conv_1", ["user_1", AGENT_ID, "user_1"])

    assert agent.knows_customer("conv_1")
    assert agent.may_answer("conv_1")
    assert (
        agent.reply_to("conv_1", "user_1", topic.exchanges[0].question) == topic.exchanges[0].answer
    )


def test_the_agent_forgets_the_oldest_conversations(agent):
    for number in range(MAX_CONVERSATIONS + 1):
        agent.reply_to(f"conv_{number}", "user_1", "Добрий день!")

    assert not agent.knows_customer("conv_0")
    assert agent.knows_customer("conv_1")


def test_a_question_asked_in_two_topics_is_named():
    text = read_text("support.toml")
    twice = text + (
        '\n[[topics]]\nname = "луна"\n[[topics.exchanges]]\n'
        'question = "Вітаю! Яка гарантія на телефони?"\nanswer = "Рік."\n'
    )

    with pytest.raises(InvalidDataFile, match=r"support\.toml, topic луна: repeated question"):
        support_script.parse_support_script(twice)
