"""Support conversations: customers follow the script, the agent stops when a person answers."""

import pytest

from protocol.simulator_api import ShopLanguage
from simulator.data_files import InvalidDataFile, read_text
from simulator.shop import support_script
from simulator.shop.support_script import AGENT_ID, MAX_CONVERSATIONS, AgentScript, CustomerScript


@pytest.fixture
def script(shop_data):
    return shop_data.support_script


@pytest.fixture
def agent(script):
    return AgentScript(script)


@pytest.fixture
def topic(script):
    return script.topic("delivery")


def test_a_conversation_follows_the_script_and_ends_with_thanks(script, topic):
    """
    Both sides together, without connections.
    """
    customer, agent = CustomerScript(script, topic), AgentScript(script)
    texts, text = [], customer.first_message()
    while text is not None:
        answer = agent.reply_to("conv_1", "user_1", text)
        texts += [text, answer]
        text = customer.reply_to(AGENT_ID) if answer else None

    exchanges = [text for e in topic.exchanges for text in (e.question, e.answer)]
    assert texts[:-2] == exchanges
    assert texts[-2] in script.thanks
    assert texts[-1] is None


def test_a_customer_answers_a_person_only_with_thanks(script, topic):
    customer = CustomerScript(script, topic)
    customer.first_message()

    assert customer.reply_to("agent_olha") in script.thanks
    assert customer.reply_to("agent_olha") is None


def test_the_agent_stops_when_a_person_answers(agent, topic):
    question = topic.exchanges[0].question
    agent.reply_to("conv_1", "user_1", question)
    agent.reply_to("conv_1", "agent_olha", "Вітаю!")

    assert not agent.may_answer("conv_1")
    assert agent.reply_to("conv_1", "user_1", question) is None


def test_a_conversation_can_be_handed_over_before_its_first_message(agent, topic):
    agent.hand_over("conv_1")

    assert agent.reply_to("conv_1", "user_1", topic.exchanges[0].question) is None
    assert agent.reply_to("conv_2", "user_1", topic.exchanges[0].question)


def test_the_agent_answers_again_in_a_conversation_that_it_took_back(agent, topic):
    question = topic.exchanges[0].question
    agent.reply_to("conv_1", "user_1", question)
    agent.reply_to("conv_1", "agent_olha", "Вітаю!")
    assert agent.handed_over() == ("conv_1",)

    agent.take_back("conv_1")

    assert agent.handed_over() == ()
    assert agent.reply_to("conv_1", "user_1", question) == topic.exchanges[0].answer
    agent.reply_to("conv_1", "agent_olha", "Ще щось?")
    assert not agent.may_answer("conv_1")


def test_the_agent_takes_back_a_conversation_whose_senders_are_loaded_later(agent, topic):
    agent.take_back("conv_1")
    agent.record_senders("conv_1", ["user_1", "agent_olha"])

    assert agent.reply_to("conv_1", "user_1", topic.exchanges[0].question)


def test_the_agent_stops_only_in_the_conversation_of_a_person(agent, topic):
    agent.record_senders("conv_1", ["user_1", "agent_olha"])

    assert agent.reply_to("conv_2", "user_1", topic.exchanges[0].question)


def test_the_agent_does_not_answer_itself(agent):
    agent.reply_to("conv_1", "user_1", "Добрий день!")

    assert agent.reply_to("conv_1", AGENT_ID, "Вітаю!") is None
    assert agent.may_answer("conv_1")


def test_each_fallback_answer_is_used_once_per_conversation(agent, script):
    answers = [agent.reply_to("conv_1", "user_1", "А що там із дронами?") for _ in range(4)]

    assert answers == [*script.fallback_answers, None, None]


def test_the_agent_knows_the_customer_from_the_recorded_senders(agent, topic):
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


def test_a_question_in_two_topics_is_reported():
    text = read_text("support.toml")
    twice = text + (
        '\n[[topics]]\nname = "echo"\n[[topics.exchanges]]\n'
        'question = { uk = "Вітаю! Яка гарантія на телефони?", en = "Is there a warranty?" }\n'
        'answer = { uk = "Рік.", en = "A year." }\n'
    )

    with pytest.raises(InvalidDataFile, match=r"support\.toml, topic echo: repeated question"):
        support_script.parse_support_script(twice, ShopLanguage.UKRAINIAN)
