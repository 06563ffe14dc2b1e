"""What a page that was drawn by AppTest shows."""

import re


def elements(page):
    """All elements on a page and in its side bar, in order."""
    parts, found = [*page.main, *page.sidebar], []
    while parts:
        part = parts.pop(0)
        found.append(part)
        if hasattr(part, "children"):
            parts = [*part.children.values(), *parts]
    return found


def words(page):
    """All text on a page, the side bar's too."""
    protos = [getattr(part, "proto", None) for part in elements(page)]
    names = ("body", "label", "placeholder")
    return " ".join(str(getattr(proto, name, "")) for proto in protos for name in names)


def metrics(page):
    """The values of the metrics by their labels."""
    found, label = {}, ""
    for part in elements(page):
        if part.type in ("page_link", "caption"):
            label = getattr(part.proto, "label", "") or getattr(part.proto, "body", "")
        elif value := re.search(
            r'class="metric"><b>(.*?)</b>', getattr(getattr(part, "proto", None), "body", "")
        ):
            found[label] = value[1]
    return found


def plot(page):
    """The list of fields of the Explorer's plot."""
    return next(box for box in page.selectbox if box.key.startswith("plot-"))
