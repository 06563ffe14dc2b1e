"""What axe-core finds on the pages, in both themes."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

PAGES = [
    "overview", "explorer", "orders", "inventory", "inbox", "console", "scenarios", "connections",
]  # fmt: skip
STREAMLITS = ("stSidebarNav", "stMetricChart")  # lists and sparklines of its own making
OURS = {"exclude": [[f"[data-testid={name}]"] for name in STREAMLITS]}
GRAVE = ("serious", "critical")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_a_serious_violation(open_page, name, scheme):
    page = open_page(name, color_scheme=scheme)
    expect(page.locator(".st-key-page")).to_contain_text(re.compile(r"\w"))

    found = Axe().run(page, context=OURS).response["violations"]

    grave = {
        violation["id"]: [node["html"][:300] for node in violation["nodes"]]
        for violation in found
        if violation["impact"] in GRAVE
    }
    assert grave == {}
