"""What one browser tab remembers, typed, under one key of Streamlit's session.

Values of widgets are not here: Streamlit keeps them under the widgets' own keys, and forgets
them while another page is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any

import streamlit as st
from msgspec import UNSET, UnsetType

from client.recorded_frames import RecordedFrame
from dashboard.messages.search import MessageSearch
from dashboard.sources.connections_client import PollResult
from dashboard.state.live_state import Snapshot
from dashboard.state.message_log import LoggedMessage
from dashboard.ui.frozen_list import FrozenList
from dashboard.ui.shown_rows import ShownRows
from dashboard.ui.steady_order import SteadyOrder
from dashboard.ui.url_values import EVERY_PAGE, Url, UrlValues
from dashboard.web.download import DownloadSource
from dashboard.web.map_socket import MapToken
from protocol.admin_api import ConnectionInfo
from protocol.event_payloads import CustomerRef
from protocol.simulator_api import OrderSummary
from training.actions import LEARNER, TokenKind

KEY = "tab"  # in Streamlit's session
KEPT_PAGES = frozenset({EVERY_PAGE, "training"})  # a reset of the shop leaves their values
KEPT_VALUES = frozenset({("explorer", "pin")})  # and these, by page and parameter


@dataclass(frozen=True)
class CommandResult:
    """The tab's last simulator command; ``error`` is empty if it succeeded.

    ``at`` is in seconds since the epoch; ``order`` is the order that it placed or changed,
    ``notification`` the id of the notification that it sent.  ``message_seq`` and ``delivered_to``
    are the number of that message and its connections, once the monitor has reported them.
    """

    command: str
    at: float
    error: str = ""
    order: OrderSummary | UnsetType = UNSET
    notification: str = ""
    message_seq: int = 0
    delivered_to: int | None = None


@dataclass(frozen=True)
class PageError:
    """An exception in a page, and how often it was raised in a row."""

    text: str
    count: int


@dataclass
class ExplorerState:
    """The message list with its selection, its searches, and what a download would contain.

    ``shown_id`` is the id of the message that was selected last or asked for by the URL;
    ``is_gone`` is true if the URL's is not stored.  ``listed`` is what was listed last: the filters
    and the view.  ``is_chosen`` is true if a person selected it.
    ``plot_version`` counts how often the plotted field was set by another widget than its list.
    """

    messages: FrozenList[LoggedMessage] = field(default_factory=FrozenList)
    search: MessageSearch | None = None
    similar: MessageSearch | None = None
    download: DownloadSource = field(default_factory=DownloadSource)
    shown_id: str = ""
    is_gone: bool = False
    listed: tuple[str, ...] = ()
    is_chosen: bool = False
    plot_version: int = 0


@dataclass
class OrdersState:
    """The id of the order that is shown; empty for the page's own choice."""

    selected_id: str = ""


@dataclass
class InventoryState:
    """The SKU of the product in the chart; empty for the page's own choice."""

    selected_sku: str = ""


@dataclass
class InboxState:
    """Whose inbox is shown, and what the tab has shown already; times are of the server.

    ``customer`` is None while the sidebar decides.  ``conversation_id`` is None until the
    customer has a conversation, and empty for a new one that a person asked for.
    """

    opened_at: float = 0.0
    customer: CustomerRef | None = None
    recent_customers: dict[str, CustomerRef] = field(default_factory=dict)
    shown_customer_id: str = ""
    read_until: float = 0.0
    toasted_until: float = 0.0
    conversation_id: str | None = None
    last_seen: dict[str, float] = field(default_factory=dict)  # by conversation
    error: str = ""


@dataclass(frozen=True)
class AccessAnswer:
    """Why a subscription was refused: the rule, and the id of the connection; empty if unknown."""

    rule: str
    connection_id: str = ""


@dataclass
class ConsoleState:
    """The text in the editor, the lists of frames by persona or test, and the selected test."""

    # The text outlives the editor's widget, which Streamlit forgets on another page.
    draft: str = ""
    draft_persona: str = ""  # that the text was written or last changed for
    handed_over: str = ""  # the message that another page put there, until a template is selected
    is_new: bool = False  # until a text is written, whatever the browser still has in the editor
    # The last text that was written from a template:
    template_text: str = ""
    template_persona: str = ""  # that it was written for
    template_order: str = ""  # the id of the order in it
    template_at: float = 0.0  # seconds since the epoch
    # What the page itself wrote into the editor last, its number, and the texts before, which the
    # browser may still send until it has it:
    written_text: str = ""
    written_version: int = 0
    drawn_version: int = 0  # the number of the one that was drawn last
    replaced_texts: tuple[str, ...] = ()
    template_version: int = 0  # counts how often the page itself selected a template
    shown_templates: dict[str, str] = field(default_factory=dict)  # by the widget's last two keys
    opened_personas: dict[str, None] = field(default_factory=dict)  # in this order
    access_answers: dict[tuple[str, int], AccessAnswer] = field(default_factory=dict)
    # By persona or test:
    frame_lists: dict[str, FrozenList[RecordedFrame]] = field(default_factory=dict)
    paused_frames: dict[str, tuple[RecordedFrame, ...]] = field(default_factory=dict)
    selected_test: str = ""


class Restart(Enum):
    """Why a step of a lesson began again with another customer, if it did."""

    NONE = auto()
    OF_TAB = auto()
    BY_LEARNER = auto()


@dataclass
class TrainingState:
    """What the tab has of the lesson that is open.

    ``draft`` is the editor's text, ``draft_version`` counts how often the page wrote it.  ``actor``
    is who the learner acts as, ``token`` what a new connection is opened with, ``hints`` how many
    are shown.  ``opened`` is the lesson and the step that a click in this tab has opened: any
    other one comes from the address.  ``restart`` is why the step that is open began again.
    ``drafted_for`` is the step whose frame was written into the editor: its run, its number, how
    often it began.
    ``unsaved`` is why the progress could not be read or saved.  ``asked_for`` is the lesson that
    opens once a name is given, with its title; ``name_requests`` is how often the page asked for
    one.
    """

    draft: str = ""
    draft_version: int = 0
    actor: str = LEARNER
    token: TokenKind = TokenKind.VALID
    hints: int = 0
    opened: tuple[str, int] = ("", 0)
    restart: Restart = Restart.NONE
    drafted_for: tuple[int, int, int] = (0, 0, 0)
    unsaved: str = ""
    asked_for: tuple[str, str] = ("", "")
    name_requests: int = 0


@dataclass
class ScenariosState:
    """What the controls were drawn for: whether the shop runs, its run, speed and rate."""

    drawn_for: tuple[bool, str, float, float] | None = None


@dataclass
class ConnectionsState:
    """The connection that the dialog asks about, and what it did, until that has been shown.

    ``ignored_message`` was selected in the Explorer before a link asked about another one.
    ``checked`` are the connection and the channel whose access was checked last.
    """

    notice: str = ""
    checked: tuple[str, str] = ("", "")
    paused_result: PollResult | None = None
    disconnect_target: ConnectionInfo[datetime] | None = None
    is_dialog_drawn: bool = False
    ignored_message: LoggedMessage | None = None


@dataclass
class TabSession:
    """The state of one tab.

    ``paused_snapshot`` is None while the tab is live.  ``known_reset_at`` is the reset of the shop
    that the tab knows of, UNSET before its first run, and ``reset_notice`` the text that it has yet
    to show about it.  ``select_versions`` count how often a page itself selected an option, by page
    and parameter.
    ``resets`` counts the resets of the shop that the tab has followed, and ``at_reset`` is called
    at each: by name, for resources outside of this object.
    ``shown_rows`` are what the browser may show, and ``steady_orders`` the orders that are held, by
    the key of a table.  ``table_acts``: the click handler of each table, by its key;
    ``confirmed_acts``: the number of the last click handled, so that one sent again is ignored.
    ``drawn_tables``: the keys of the tables that were drawn since the last run of the whole page
    began.
    """

    paused_snapshot: Snapshot | None = None
    command_result: CommandResult | None = None
    known_reset_at: float | UnsetType | None = UNSET
    reset_notice: str = ""
    resets: int = 0
    at_reset: dict[str, Callable[[], None]] = field(default_factory=dict)
    page_error: PageError | None = None
    url_values: UrlValues = field(default_factory=UrlValues)
    select_versions: dict[tuple[str, str], int] = field(default_factory=dict)
    shown_rows: dict[str, ShownRows[Any]] = field(default_factory=dict)
    steady_orders: dict[str, SteadyOrder] = field(default_factory=dict)
    table_acts: dict[str, Callable[[str, int, str, int], None]] = field(default_factory=dict)
    confirmed_acts: dict[str, int] = field(default_factory=dict)
    drawn_tables: set[str] = field(default_factory=set)
    explorer: ExplorerState = field(default_factory=ExplorerState)
    orders: OrdersState = field(default_factory=OrdersState)
    inventory: InventoryState = field(default_factory=InventoryState)
    inbox: InboxState = field(default_factory=InboxState)
    console: ConsoleState = field(default_factory=ConsoleState)
    scenarios: ScenariosState = field(default_factory=ScenariosState)
    training: TrainingState = field(default_factory=TrainingState)
    connections: ConnectionsState = field(default_factory=ConnectionsState)
    map_token: MapToken = field(default_factory=MapToken)

    def start_over(self, url: Url) -> None:
        """Forget what was selected, filtered and typed on the pages before the shop was reset.

        They open as they do in a new tab.
        """
        self.resets += 1
        self.paused_snapshot = self.command_result = None
        self.explorer = ExplorerState(plot_version=self.explorer.plot_version + 1)
        self.orders, self.inventory, self.inbox = OrdersState(), InventoryState(), InboxState()
        version = self.console.template_version + 1
        self.console = ConsoleState(template_version=version, is_new=True)
        self.connections = ConnectionsState()
        self.steady_orders = {}
        self.url_values.start_over(
            lambda page, parameter: page in KEPT_PAGES or (page, parameter) in KEPT_VALUES, url
        )
        for forget in self.at_reset.values():
            forget()

    def widget_key(self, key: str) -> str:
        """Return the key of a widget whose value a reset forgets, in the browser too."""
        return f"{key}-{self.resets}" if self.resets else key


def tab() -> TabSession:
    """Return the state of the tab that is being drawn; made on first use."""
    if KEY not in st.session_state:
        st.session_state[KEY] = TabSession()
    found: TabSession = st.session_state[KEY]
    return found
