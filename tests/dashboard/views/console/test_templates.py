"""Templates and schemas, generated from the message types."""

import msgspec
import pytest

from dashboard.views.console import schema, templates
from dashboard.views.console.templates import TemplateValues
from protocol import codec
from protocol.publications import PublishRequest

SHOP = TemplateValues("user_7", "books", "ord_9", "order:ord_9", at=1_700_000_000.0)


@pytest.mark.parametrize("name", templates.CLIENT_MESSAGES)
def test_every_client_message_has_a_template_that_the_server_accepts(name):
    message = codec.decode_client(templates.render_template(name, "r5", SHOP))

    assert message.id == "r5"
    assert message.__struct_config__.tag == name


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
def test_a_schema_names_every_field_of_its_template(name):
    kind = templates.message_type(name)
    write = schema.publication_schema if templates.is_publication(name) else schema.message_schema
    text = write(kind)

    def names(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                yield from names(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from names(inner)

    first_words = {line.split()[0] for line in text.splitlines()}
    assert set(names(codec.decode_json(templates.render_template(name, "r1", SHOP)))) <= first_words
    assert max(map(len, text.splitlines())) <= schema.MAX_WIDTH


def test_a_schema_has_the_allowed_values():
    text = " ".join(schema.message_schema(templates.CLIENT_MESSAGES["chat_message"]).split())
    assert "content string, 1–2000 characters" in text
    text = " ".join(schema.publication_schema(templates.EVENT_MESSAGES["notification"]).split())
    assert "priority low | normal | high, optional" in text
    text = " ".join(schema.publication_schema(templates.EVENT_MESSAGES["cart_update"]).split())
    assert "item_count integer, at least 0" in text


def test_a_schema_is_in_the_language_of_the_page():
    ukrainian = {"optional": "необов'язково"}

    text = schema.message_schema(
        templates.CLIENT_MESSAGES["ping"], lambda word: ukrainian.get(word, word)
    )

    assert "необов'язково" in text
