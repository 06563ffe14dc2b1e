"""The fields of a message."""

from dashboard.messages import fields
from dashboard.state.message_log import LoggedMessage, MessageBuffer


def log_of(*payloads, channel="user:user_1", type_="cart_update"):
    recorder = MessageBuffer()
    for n, payload in enumerate(payloads):
        text = f'{{"type":"{type_}","payload":{payload}}}'.encode()
        recorder.append(float(n), channel, type_, 1, text)
    return recorder.view()


def test_names_nested_fields_with_dots():
    assert fields.flatten({"a": {"b": 1, "c": [{"d": 2}, 3]}}) == {
        "a.b": 1,
        "a.c.0.d": 2,
        "a.c.1": 3,
    }


def test_is_summarised_without_ids_urls_and_times():
    payload = {
        "id": "n1",
        "title": "Сплачено",
        "action_url": "/orders/1",
        "created_at": "2026-01-01T00:00:00Z",
        "count": 3,
        "is_new": True,
    }

    assert fields.summarize_payload(payload) == "Сплачено · count 3"


def test_is_summarised_by_its_order_if_it_has_no_other_fields():
    order = {"id": "o", "number": "ORD-1", "total": 5, "items": [{"name": "Кобзар"}]}

    assert fields.summarize_payload({"order": order}) == "ORD-1 · total 5"
    assert fields.summarize_payload({"status": "paid", "order": order}) == "paid"


def test_is_formatted_with_every_digit_of_its_numbers():
    (message,) = log_of('{"total":1500.00,"name":"Київ"}').newest_first()

    pretty = fields.pretty_json(message)

    assert '"total": 1500.00' in pretty
    assert '"name": "Київ"' in pretty


def test_is_shown_as_received_or_with_other_white_space_only():
    text = r'{ "a" :1e5,"b":"\u0416\/","a":1500.00 }'
    message = LoggedMessage(1, 0.0, "public:x", "t", 1, text.encode())

    assert fields.original_text(message) == text
    assert fields.pretty_json(message).split() == [
        "{", '"a":', "1e5,", '"b":', r'"\u0416\/",', '"a":', "1500.00", "}",
    ]  # fmt: skip


def test_is_compared_with_the_previous_message():
    newest, middle, oldest = same = list(log_of("{}", "{}", "{}").newest_first())

    assert fields.previous_of_same_subject(middle, same) == oldest
    assert fields.previous_of_same_subject(newest, same) == middle
    assert fields.previous_of_same_subject(oldest, same) is None


def test_is_compared_only_with_a_message_of_the_same_subject():
    one, other = '{"order_id":"ord_1"}', '{"order_id":"ord_2"}'
    log = log_of(one, other, one, type_="order_update")
    newest, middle, oldest = same = list(log.newest_first())

    assert fields.previous_of_same_subject(newest, same) == oldest
    assert fields.previous_of_same_subject(middle, same) is None


def test_subjects_include_warehouses_and_conversations():
    shelf = {"product_id": "p", "location": "Київ"}

    assert fields.subject_of(shelf) == fields.subject_of(shelf | {"current_quantity": 3})
    assert fields.subject_of(shelf) != fields.subject_of(shelf | {"location": "Львів"})
    assert fields.subject_of({"conversation_id": "a"}) != fields.subject_of(
        {"conversation_id": "b"}
    )
    assert fields.subject_of({"total": 1}) == fields.subject_of({"total": 2})


def test_differs_in_changed_added_and_removed_fields():
    changes = fields.changed_fields({"a": 1, "b": 2, "gone": None}, {"a": 1, "b": 3, "new": "x"})

    assert [(c.field, c.before, c.after) for c in changes] == [
        ("b", "2", "3"),
        ("new", None, "x"),
        ("gone", "None", None),
    ]


def test_can_be_plotted_if_it_has_numbers():
    assert fields.numeric_fields({"n": 1, "deep": {"m": 2}, "s": "3", "yes": True}) == [
        "n",
        "deep.m",
    ]


def test_is_plotted_over_time_without_messages_that_lack_the_field():
    same = list(log_of('{"n":1}', '{"n":"two"}', "{}", '{"n":4.50}').newest_first())[::-1]

    assert fields.field_points("n", same) == [(0.0, 1.0), (3.0, 4.5)]


def test_has_no_fields_if_the_payload_is_not_an_object():
    (message,) = log_of("[1]").newest_first()

    assert fields.payload_of(message) == {}


def test_are_listed_with_their_earlier_values():
    before, message = log_of(
        '{"cart":{"total":1500.00,"id":"c"}}', '{"cart":{"total":1700.00,"id":"c"},"items":[1]}'
    ).chunks[0]

    rows = fields.field_rows(message, before)

    assert [(row.path, str(row.value), row.before) for row in rows] == [
        ("cart.total", "1700.00", "1500.00"),
        ("cart.id", "c", None),
        ("items.0", "1", None),
    ]
    assert [row.is_number for row in rows] == [True, False, True]
