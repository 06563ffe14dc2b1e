"""Values of the pages' URL parameters: the shown page's in the URL, all pages' in the tab.  Pure.

Every page has its own value, also where two pages use one parameter's name: ``sort`` of the
Explorer is not ``sort`` of Connections.  The URL is passed as a mapping that is changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, MutableMapping

EVERY_PAGE = "sidebar"  # the page of widgets that are on all of them

Url = MutableMapping[str, str]
"""The parameters of the URL that the browser shows, by name."""


class UrlValues:
    """What a tab remembers of its URL parameters; ``page`` is the page that was drawn last."""

    def __init__(self) -> None:
        self.page = ""  # that is shown
        self._values: dict[tuple[str, str], str] = {}  # by page and parameter
        self._owners: dict[str, str] = {}  # the page whose value the URL has, by parameter
        self._linked_page = ""  # a link to a subject has just led to it
        self._is_changed = False  # the URL, since the page was last drawn
        # Earlier values that the browser may still send, by page and parameter.
        self._stale: dict[tuple[str, str], set[str]] = {}

    def remembered(self, page: str, parameter: str) -> str | None:
        """Return the value of an earlier run, which may be empty; None before there is one."""
        return self._values.get((page, parameter))

    def get(self, page: str, parameter: str, url: Url) -> str:
        """Return the value of an earlier run, else what the URL asks of this page, else nothing."""
        if (page, parameter) in self._values:
            return self._values[page, parameter]
        value = url.get(parameter, "")
        if not value or self._owners.setdefault(parameter, page) != page:
            return ""
        self._values[page, parameter] = value  # also for when the page is shown again
        return value

    def asked(self, page: str, parameter: str, url: Url) -> str:
        """Return what the URL asks of this page, else the value of an earlier run; for full runs.

        A full run may begin before the browser has the URL that a selection has just changed: the
        selection wins over the URL before it.
        """
        kept, asked = self.get(page, parameter, url), url.get(parameter, "")
        is_stale = asked in self._stale.get((page, parameter), ())
        return kept if is_stale else asked or kept

    def put(self, page: str, parameter: str, value: str, url: Url, default: str = "") -> None:
        """Keep a value for later runs, and in the URL, where the default is left out."""
        before = self._values.get((page, parameter), value)
        if before != value:
            self._is_changed = True
            stale = self._stale.setdefault((page, parameter), set())
            stale.add(before)
            stale.discard(value)
        self._values[page, parameter], self._owners[parameter] = value, page
        if value == default:
            url.pop(parameter, None)
        elif url.get(parameter) != value:
            url[parameter] = value

    def open_page(self, page: str, subjects: Collection[str], url: Url) -> None:
        """Take what the link to a page asks for; call it in full runs, before the page draws.

        Where a page was seen before, its earlier values win over the URL, except over those of a
        link that led to it.  The URL may also have values that the page before wrote there: not
        those.  ``subjects`` are the parameters that say what the page shows: a link that asks for
        one also clears the others, which could hide it.  What was kept for the page is in the URL
        again afterwards.
        """
        if page == self.page:
            return
        self.page = page
        asked = set[str]()
        for parameter, value in url.items():
            owner = self._owners.get(parameter, EVERY_PAGE)
            if owner != EVERY_PAGE and value != self._values.get((owner, parameter)):
                self._values[page, parameter], self._owners[parameter] = value, page
                asked.add(parameter)
            elif owner in (EVERY_PAGE, page):
                asked.add(parameter)
        if asked.intersection(subjects):
            self._linked_page = page
            for parameter in set(subjects) - asked:
                self._values.pop((page, parameter), None)
        for (owner, parameter), value in [*self._values.items()]:
            if owner == page and value:
                self.put(page, parameter, value, url)

    def take_link(self, page: str) -> bool:
        """Return, once, whether a link to a subject has led to this page."""
        if self._linked_page != page:
            return False
        self._linked_page = ""
        return True

    def shared(self, url: Url) -> Mapping[str, str]:
        """Return the values in the URL that are every page's."""
        return {
            parameter: value
            for (page, parameter), value in self._values.items()
            if page == EVERY_PAGE and value and parameter in url
        }

    def begin_redraw(self, url: Url) -> None:
        """Note which values the browser's URL has by now."""
        if self._is_changed:
            return
        for page, parameter in [*self._stale]:
            if url.get(parameter) in (None, self._values.get((page, parameter))):
                del self._stale[page, parameter]

    def end_redraw(self) -> None:
        """Note that the browser gets the URL as it is now."""
        self._is_changed = False

    def start_over(self, keeps: Callable[[str, str], bool], url: Url) -> None:
        """Forget all values, in the URL too, but those of a page and parameter that it ``keeps``.

        They are kept as empty: a message that the browser has sent before may still have the
        earlier URL.
        """
        for key, value in self._values.items():
            if not keeps(*key):
                self._stale.setdefault(key, set()).add(value)
                self._values[key] = ""
        for parameter, page in self._owners.items():
            if not keeps(page, parameter):
                url.pop(parameter, None)
