"""Entry point: navigation and sidebar; the pages draw themselves."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n.translate import _
from dashboard.ui import page_frame, sidebar, tables, theme, url_select

page_frame.write_to_main_area()
st.set_page_config(
    "Shop Realtime",
    theme.FAVICON,
    layout="wide",
    initial_sidebar_state=212,
    menu_items={"About": _("Shop Realtime Workbench: live traffic of a shop's WebSocket server.")},
)
st.logo(":material/hub:", size="small")


def make_page(name: str, title: str, icon: str) -> st.Page:
    """Return the page of a view; its URL does not depend on the file's name."""
    return st.Page(f"views/{name}/page.py", title=title, icon=f":material/{icon}:", url_path=name)


overview = st.Page(
    "views/overview/page.py",
    title=_("Overview"),
    icon=":material/monitoring:",
    url_path="home",  # served at `/`; `/overview` is the page below
    default=True,
)


def redirect_to_default_page() -> None:
    """Redirect `/overview` to `/`, where Streamlit serves the default page.

    Query parameters bound to widgets are kept by Streamlit and must not be passed.
    """
    free = {name: st.query_params.get_all(name) for name in st.query_params}
    bound = st.session_state
    st.switch_page(overview, query_params={n: v for n, v in free.items() if n not in bound})


overview_alias = st.Page(
    redirect_to_default_page, title="Overview", url_path="overview", visibility="hidden"
)
current_page = st.navigation(
    {
        _("Monitoring"): [
            overview,
            make_page("map", _("Map"), "route"),
            make_page("explorer", _("Explorer"), "account_tree"),
            overview_alias,
        ],
        _("Shop"): [
            make_page("orders", _("Orders"), "receipt_long"),
            make_page("inventory", _("Inventory"), "inventory_2"),
            make_page("inbox", _("Inbox"), "forum"),
        ],
        _("Tools"): [
            make_page("console", _("Console"), "terminal"),
            make_page("scenarios", _("Scenarios"), "science"),
            make_page("connections", _("Connections"), "cable"),
        ],
        _("Learn"): [make_page("training", _("Training"), "school")],
    }
)

if current_page is overview_alias:  # before the sidebar binds its widgets to the query
    current_page.run()

url_select.open_page(current_page.url_path or "overview")
with st.sidebar:
    sidebar.draw(current_page.url_path)

with tables.forget_undrawn():
    current_page.run()
