"""Templates and schemas, generated from the message types."""

import msgspec
import pytest

from dashboard.frames import templates
from dashboard.frames.templates import TemplateValues
from dashboard.views.console import field_help, schema
from protocol import codec
from protocol.publications import PublishRequest, StreamPosition
from protocol.simulator_api import ShopLanguage

SHOP = TemplateValues("user_7", "books", "ord_9", "order:ord_9", at=1_700_000_000.0)
TYPES = dict.fromkeys(templates.SPECIAL_TEMPLATES, "subscribe")
CLIENT_TEMPLATES = [*templates.CLIENT_MESSAGES, *templates.SPECIAL_TEMPLATES]


@pytest.mark.parametrize("name", CLIENT_TEMPLATES)
def test_every_client_message_has_a_template_that_the_server_accepts(name):
    message = codec.decode_client(templates.render_template(name, "r5", SHOP))

    assert message.id == "r5"
    assert message.__struct_config__.tag == TYPES.get(name, name)


@pytest.mark.parametrize("type_", templates.EVENT_MESSAGES)
def test_every_event_has_a_template_that_can_be_published(type_):
    text = templates.render_template(templates.PUBLISH_PREFIX + type_, "r1", SHOP)

    draft = msgspec.json.decode(text, type=PublishRequest)

    draft.address()
    assert codec.validate_event(draft.type, draft.payload)
    assert draft.type == type_


def test_templates_use_values_of_the_running_shop():
    assert '"order:ord_9"' in templates.render_template("subscribe", "r1", SHOP)
    assert '"user:user_7"' in templates.render_template("publish notification", "r1", SHOP)
    assert '"tenant:books"' in templates.render_template("publish inventory_alert", "r1", SHOP)
    assert '"ord_9"' in templates.render_template("publish order_update", "r1", SHOP)


@pytest.mark.parametrize("name", templates.TEMPLATE_NAMES)
def test_the_texts_of_an_english_shop_are_english(name):
    english = msgspec.structs.replace(SHOP, language=ShopLanguage.ENGLISH)

    assert templates.render_template(name, "r1", english).isascii()


def test_the_texts_of_a_ukrainian_shop_are_ukrainian():
    ukrainian = msgspec.structs.replace(SHOP, language=ShopLanguage.UKRAINIAN)

    assert "Добрий день!" in templates.render_template("chat_message", "r1", ukrainian)


def test_every_language_has_the_same_example_texts():
    ukrainian, english = (templates.EXAMPLE_TEXTS[each] for each in ShopLanguage)

    assert ukrainian.keys() == english.keys()


def schema_of(name, translate=str):
    kind = templates.message_type(name)
    write = schema.publication_schema if templates.is_publication(name) else schema.message_schema
    return write(kind, translate)


@pytest.mark.parametrize("name", templates.TEMPLATE_NAMES)
def test_a_schema_names_every_field_of_its_template(name):
    def names(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                yield from names(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from names(inner)

    listed = {field.name for field in schema_of(name)}
    assert set(names(codec.decode_json(templates.render_template(name, "r1", SHOP)))) <= listed


@pytest.mark.parametrize("name", templates.TEMPLATE_NAMES)
def test_every_field_of_a_schema_has_a_help_text(name):
    assert [field.name for field in schema_of(name) if not field.help] == []


def test_no_help_text_is_about_a_field_that_is_gone():
    used = set()

    def take(kind, name):
        parent = next(c for c in kind.__mro__ if name in getattr(c, "__annotations__", ()))
        used.add(f"{parent.__name__}.{name}")

    def walk(type_):
        for inner in (getattr(type_, "item_type", None), type_):
            if isinstance(inner, msgspec.inspect.StructType):
                for field in inner.fields:
                    take(inner.cls, field.name)
                    walk(field.type)

    for kind in (*templates.CLIENT_MESSAGES.values(), *templates.EVENT_MESSAGES.values()):
        walk(msgspec.inspect.type_info(kind))
    assert field_help.FIELD_HELP.keys() <= used


def test_a_schema_has_the_allowed_values():
    def described(name, field):
        return next(each.type for each in schema_of(name) if each.name == field)

    assert described("chat_message", "content") == "string, 1–2000 characters"
    priority = described("publish notification", "priority")
    assert priority == "low | normal | high, optional"
    assert described("publish cart_update", "item_count") == "integer, at least 0"


def test_a_schema_is_in_the_language_of_the_page():
    ukrainian = {"optional": "необов'язково"}

    fields = schema_of("ping", lambda word: ukrainian.get(word, word))

    assert any("необов'язково" in field.type for field in fields)


def test_a_schema_is_escaped():
    shown = schema.render([schema.SchemaField("<b>", "string", "a & b", 1)])

    assert "<b>" not in shown
    assert "a &amp; b" in shown


def test_the_template_follows_the_text():
    def followed(text, selected="subscribe"):
        return templates.template_of(text, selected)

    assert followed('{"type": "ping"}') == "ping"
    assert followed('{"channel": "user:u", "type": "cart_update"}') == "publish cart_update"
    assert followed('{"type": "chat_message", "payl') == "chat_message"
    assert followed('{"type": "dance"}') == templates.OWN_MESSAGE
    assert followed("", "ping") == "ping"
    assert followed('{"type": "ping"}', "subscribe-recover") == "ping"
    assert followed('{"type": "subscribe"}', "subscribe-recover") == "subscribe"


@pytest.mark.parametrize("name", templates.TEMPLATE_NAMES)
def test_a_template_is_recognised_by_its_text(name):
    assert templates.template_of(templates.render_template(name, "r1", SHOP), name) == name


def test_recovering_after_a_drop_starts_from_the_last_position():
    values = msgspec.structs.replace(
        SHOP, recovered_channel="tenant:shop", since=StreamPosition("e", 7)
    )

    payload = codec.decode_client(
        templates.render_template("subscribe-recover", "r1", values)
    ).payload

    assert payload.channel == "tenant:shop"
    assert payload.since == StreamPosition("e", 7)
    assert payload.recoverable is True


def test_without_a_position_there_is_no_since():
    assert "since" not in templates.render_template("subscribe-recover", "r1", SHOP)


def test_the_users_own_channel_and_the_announcements_have_templates():
    assert '"user:user_7"' in templates.render_template("subscribe-user", "r1", SHOP)
    assert '"public:announcements"' in templates.render_template("subscribe-public", "r1", SHOP)
