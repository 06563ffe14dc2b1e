"""Tables: the cells that are sent to the browser, and what a click in one of them does."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.ui import tables
from tests.dashboard.drawn_tables import drawn_tables


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        (tables.text_column(50, str), "7"),
        (tables.text_column(50, str, tone=lambda _: "bad"), ["bad", "7"]),
        (tables.text_column(50, str, tone=lambda _: ""), "7"),
        (tables.number_column(50, lambda n: 1000 * n), "7,000"),
        (tables.progress_column(50, float, 14, str), ["", 50, "7", 1]),
        (tables.progress_column(50, float, 5, str, tone=lambda _: "warn"), ["warn", 100, "7", 1]),
        (tables.sparkline_column(50, lambda n: [0.0, n, 2 * n]), [
            "now 14.0, highest 14.0", [0, 20, 40],
        ]),
        (tables.sparkline_column(50, lambda _: [0.0, 0.0]), ["now 0.0, highest 0.0", [0, 0]]),
        (tables.chips_column(50, lambda _: "paid", {"paid": "info"}), ["info", "paid"]),
        (tables.chips_column(50, lambda _: "", {}), ""),
        (tables.icon_column(50, lambda _: "lock", lambda _: "locked"), ["lock", "locked"]),
        (tables.link_column(50, str, lambda n: f"/orders?order={n}"), ["/orders?order=7", "7"]),
        (tables.button_column(50, lambda n: f"Run {n}", print, icon="play"), ["Run 7", "play", ""]),
        (tables.button_column(50, lambda _: "", print, icon="play"), ""),
    ],
)  # fmt: skip
def test_a_cell_is_as_short_as_its_kind_allows(column, cell):
    assert column.cell(7) == cell


@pytest.mark.parametrize(("value", "tone"), [(0, "bad"), (3, "warn"), (5, "warn"), (6, "")])
def test_a_number_at_or_below_its_limit_has_a_tone(value, tone):
    assert tables.low_stock_tone(value, 5) == tone


@pytest.mark.parametrize(
    ("search", "text", "marks"),
    [
        ("олена", "Олена і олена", [(0, 5), (8, 13)]),
        ("a.c b", "a.c abc B", [(0, 3), (5, 6), (8, 9)]),
        ("", "text", []),
    ],
)
def test_the_words_of_a_search_are_marked(search, text, marks):
    assert list(tables.find_words(search)(text)) == marks


def shop():
    """Draw two tables of numbers as a page: one that sorts, one that freezes."""
    import streamlit as st

    from dashboard.tab_session import tab
    from dashboard.ui import tables

    limit = st.session_state.get("limit", 3)
    columns = {
        "Number": tables.sortable(tables.text_column(50, str), "number", int, largest_first=True),
        "Even": tables.text_column(50, lambda n: "" if n % 2 else "even"),
        "Run": tables.button_column(
            50,
            lambda n: f"Run {n}",
            lambda n: st.session_state.update(ran=[*st.session_state.get("ran", []), n]),
            icon="play",
        ),
    }
    tables.draw_table(
        range(limit),
        columns,
        "numbers",
        row_id=str,
        selected=str(st.session_state.get("chosen", "")),
        on_select=lambda n: st.session_state.update(chosen=n),
        sort=tables.Sort("page"),
        mark=tables.find_words("ve"),
        alt="Numbers",
    )
    frozen = tab().explorer.messages
    rows = frozen.rows(range(limit, 0, -1))
    tables.draw_table(rows, columns, "frozen", row_id=str, frozen=frozen, alt="Frozen")


@pytest.fixture
def page():
    return AppTest.from_function(shop, default_timeout=30).run()


def numbers(page):
    return drawn_tables(page)[0]


def test_a_row_is_selected_by_its_id(page):
    page = numbers(page).select("2")

    assert page.session_state["chosen"] == 2
    assert numbers(page).data["selected"] == "2"


def test_a_click_acts_on_the_row_that_was_shown_whatever_is_drawn_now(page):
    before = numbers(page)
    page.session_state["limit"] = 1
    page.run()

    page = before.select("2")

    assert page.session_state["chosen"] == 2


def test_a_click_on_an_unknown_row_does_nothing(page):
    page = numbers(page).select("99")

    assert "chosen" not in page.session_state


def test_a_button_acts_on_its_row(page):
    page = numbers(page).click("1", "Run")

    assert page.session_state["ran"] == [1]
    assert "chosen" not in page.session_state


def test_what_comes_together_is_all_done_and_what_is_sent_again_is_done_once(page):
    table = numbers(page)
    column = table.columns.index("Run")
    first, second = table.act("click", "0", column), table.act("click", "1", column)

    page = numbers(page).send(first, second)
    page = numbers(page).send(second, table.act("click", "2", column))

    assert page.session_state["ran"] == [0, 1, 2]
    assert numbers(page).data["confirmed"] > second[0]


def test_a_head_sorts_all_rows_and_the_url_keeps_it(page):
    orders, urls = [], []
    for _ in range(3):
        page = numbers(page).sort("Number")
        orders.append(numbers(page).ids)
        urls.append(dict(page.query_params).get("sort"))

    assert orders == [["2", "1", "0"], ["0", "1", "2"], ["0", "1", "2"]]
    assert urls == ["number", "-number", None]


def test_a_sorted_column_says_so(page):
    page = numbers(page).sort("Number")

    assert [head.get("order") for head in numbers(page).data["columns"]] == [
        "descending",
        None,
        None,
    ]


def test_many_rows_are_sorted_before_they_are_cut(page):
    page.session_state["limit"] = tables.MAX_ROWS + 50
    page = numbers(page.run()).sort("Number")

    assert numbers(page).ids[0] == str(tables.MAX_ROWS + 49)
    assert len(numbers(page)) == tables.MAX_ROWS
    assert numbers(page).data["more"] == "the first 200 of 250"


def test_marks_split_a_text(page):
    even = [row[2] for row in numbers(page).data["rows"]]

    assert even == [["", "e", "ve", "n"], "", ["", "e", "ve", "n"]]


def test_a_frozen_list_keeps_the_rows_that_were_shown(page):
    _, before = drawn_tables(page)
    page.session_state["limit"] = 5
    page.run()

    page = before.select("2")

    assert drawn_tables(page)[1].ids == ["3", "2", "1"]


def lists():
    """Draw the table of the list that is open as a page; "failing" ends the run early."""
    import streamlit as st

    from dashboard.ui import tables

    columns = {"Number": tables.text_column(50, str)}
    with tables.forget_undrawn():
        if st.session_state.get("failing"):
            st.stop()
        name = st.session_state.get("list", "first")
        tables.draw_table(
            range(3),
            columns,
            name,
            row_id=str,
            on_select=lambda n: st.session_state.update(chosen=n),
            alt=name,
        )


def test_a_table_that_the_page_no_longer_draws_is_forgotten_with_its_rows():
    page = AppTest.from_function(lists, default_timeout=30).run()
    first = drawn_tables(page)[0]
    first.select("1")
    page.session_state["list"] = "second"
    page.run()

    tab = page.session_state["tab"]
    assert [*tab.shown_rows] == [*tab.table_acts] == ["second"]
    assert not tab.confirmed_acts
    page = first.select("2")
    assert page.session_state["chosen"] == 1
    assert not page.exception


def test_a_run_that_ends_early_forgets_no_table():
    page = AppTest.from_function(lists, default_timeout=30).run()
    page.session_state["failing"] = True
    page.run()

    assert [*page.session_state["tab"].table_acts] == ["first"]
