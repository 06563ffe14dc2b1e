"""Entry point: navigation and the side bar.  Draws no page."""

from __future__ import annotations

import streamlit as st

from dashboard import look, marks
from dashboard.shared import feed

WATCH, SHOP = "Watch", "Shop"
ABOUT = "Shop Realtime Workbench: what passes through a shop's WebSocket server, live."
REFRESH = "Refresh, s"
RATES_S = (0.5, 1.0, 2.0, 5.0)

st.set_page_config(
    "Shop Realtime",
    look.MARK,
    layout="wide",
    initial_sidebar_state=212,
    menu_items={"About": ABOUT},
)
st.html(look.HERE / "look.css")
st.logo(":material/hub:", size="small")

overview = st.Page(
    "views/overview.py",
    title="Overview",
    icon=":material/monitoring:",
    url_path="home",  # served at `/`; its own name belongs to the page below
    default=True,
)


def at_its_name() -> None:
    """Answer `/overview` too: Streamlit serves the default page at `/` alone.

    What is bound to a widget already goes along by itself, and may not be given.
    """
    free = {name: st.query_params.get_all(name) for name in st.query_params}
    bound = st.session_state
    st.switch_page(overview, query_params={n: v for n, v in free.items() if n not in bound})


@st.fragment(run_every=1.0)
def connection() -> None:
    """Say how the feed's connection is, whatever the page's own clock."""
    link = feed().link()
    with st.container(key="link"):
        st.html(marks.state(link.title(), link.words(feed().now()), marks.PHASE[link.phase]))


by_name = st.Page(at_its_name, title="Overview", url_path="overview", visibility="hidden")
page = st.navigation(
    {
        WATCH: [
            overview,
            st.Page("views/explorer.py", title="Explorer", icon=":material/account_tree:"),
            by_name,
        ],
        SHOP: [st.Page("views/inventory.py", title="Inventory", icon=":material/inventory_2:")],
    }
)

if page is by_name:  # before the side bar binds its widgets to the query
    page.run()

with st.sidebar:
    st.segmented_control(
        REFRESH,
        RATES_S,
        default=1.0,
        required=True,
        key="refresh",
        format_func=lambda seconds: f"{seconds:g}",
        bind="query-params",
    )
    connection()

page.run()
