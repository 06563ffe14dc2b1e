"""The inspector: a message's fields or JSON, what changed, whose it is, and a field over time."""

from __future__ import annotations

import html
from collections.abc import Iterable
from datetime import UTC

import streamlit as st

from common import field_conditions
from common.text_markers import N_
from dashboard.dependencies import saved_messages
from dashboard.i18n.translate import _, ngettext
from dashboard.messages import fields, people
from dashboard.messages.fields import FieldChange, FieldRow
from dashboard.messages.message_ids import message_id
from dashboard.sources.saved_messages import SavedMessagesFull
from dashboard.state.channels import EVERYONE_ADDRESS, kind_of
from dashboard.state.message_log import LoggedMessage, LogView
from dashboard.tab_session import tab
from dashboard.ui import console_draft, formatting, tables, theme, url_select
from dashboard.ui.tables import Column
from dashboard.views.explorer import channel_detail, field_plot, selection
from dashboard.views.explorer.selection import PAGE

FORMATTED, FIELDS, ORIGINAL = "formatted", "fields", "original"
FORMS = {FORMATTED: N_("JSON"), FIELDS: N_("Fields"), ORIGINAL: N_("Original")}
PLOT, FORM = "plot", "form"  # parameters of the URL: the plotted field, and how it is shown


def draw(message: LoggedMessage | None, log_view: LogView) -> None:
    """Draw a message, compared with earlier ones of its channel and type."""
    if message is None:
        _draw_nothing(log_view)
        return
    same = selection.similar_messages(message, log_view)
    previous = fields.previous_of_same_subject(message, same)
    chip = formatting.chip_html(message.channel, kind_of(message.channel))
    with theme.card("inspector", message.type, chip, size="pane"):
        _draw_facts(message)
        with st.container(
            horizontal=True, gap="xsmall", vertical_alignment="center", key="actions"
        ):
            _draw_actions(message)
        match _draw_form_switch():
            case "fields":
                _draw_fields(message, previous)
            case form:
                # What its button copies is what it shows: the original, too, to the byte.
                show = fields.original_text if form == ORIGINAL else fields.pretty_json
                st.code(show(message), "json", height="stretch", wrap_lines=True)
                _draw_changes(message, previous, log_view)
        _draw_people(message)
        _draw_plot(message, same)


def _draw_nothing(log_view: LogView) -> None:
    with theme.card("inspector", _("Message"), size="pane"):
        if not tab().explorer.is_gone:
            hint = _("Select a message to inspect it.")
            theme.draw_empty_state("ads_click", _("No message selected"), hint)
            return
        hint = _("Select another one in the list.")
        if log_view.oldest_at is not None:
            since = _("The stored messages begin at {at}.")
            hint = since.format(at=formatting.format_time(log_view.oldest_at)) + " " + hint
        theme.draw_empty_state("history", _("The message of this link is no longer stored"), hint)


def _draw_facts(message: LoggedMessage) -> None:
    facts = _("{at} · {size} · reached {reached}").format(
        at=formatting.format_time(message.at, millis=True),
        size=ngettext("{count} byte", "{count} bytes", len(message.text)).format(
            count=len(message.text)
        ),
        reached=message.reached,
    )
    if message.reached == 0:
        facts += " · " + nobody_text(message)
    utc = _("{at} UTC").format(at=formatting.format_time(message.at, millis=True, timezone=UTC))
    # app.css lays a message that a person selected over the list on a phone.
    chosen = '<i class="chosen"></i>' if tab().explorer.is_chosen else ""
    st.html(f'<div class="row quiet" title="{utc}">{facts}{chosen}</div>')


def nobody_text(message: LoggedMessage) -> str:
    """Say why a message reached nobody: its channel had no subscribers."""
    if message.channel == EVERYONE_ADDRESS:
        return _("nobody was connected")
    return _("nobody was subscribed to {channel}").format(channel=message.channel)


def _draw_form_switch() -> str:
    """Draw the choice of how the message is shown; return it."""
    return url_select.select(
        PAGE,
        FORM,
        _("Show as"),
        FORMS,
        element=st.segmented_control,
        required=True,
        label_visibility="collapsed",
        width="content",
    )


def _draw_actions(message: LoggedMessage) -> None:
    """Draw the buttons: previous, next, save, send, and back to the list on a phone."""
    kept = message in saved_messages().messages()
    for lines, icon, key, help_ in (
        (-1, "keyboard_arrow_up", "k", _("Previous message in the list")),
        (1, "keyboard_arrow_down", "j", _("Next message in the list")),
    ):
        st.button(
            help_,  # read aloud; app.css leaves the icon
            icon=f":material/{icon}:",
            key=f"move-{key}",
            shortcut=key,
            help=help_,
            on_click=selection.move_selection,
            args=(lines,),
        )
    st.button(
        _("Saved") if kept else _("Save"),
        icon=":material/bookmark_check:" if kept else ":material/bookmark:",
        key="save",
        type="primary" if kept else "secondary",
        help=_("Save it in the data folder, for all tabs"),
        on_click=_unsave if kept else _save,
        args=(message,),
    )
    with st.container(key="send-message", width="content"):
        # A link, not a button: a page must not be switched by a fragment that is redrawn.
        st.page_link(
            "views/console/page.py",
            label=_("Send"),
            icon=":material/terminal:",
            help=_("Open the Console with this message in its editor"),
            query_params={console_draft.MESSAGE_PARAM: message_id(message)},
        )
    st.button(
        _("Close"),
        icon=":material/close:",
        key="close-detail",
        on_click=selection.close_detail,
    )


def _save(message: LoggedMessage) -> None:
    try:
        saved_messages().save(_selected(message))
    except SavedMessagesFull:
        st.toast(_("Saved-message limit reached; delete one first."))
    except OSError:
        st.toast(_("The data folder is not writable."))


def _unsave(message: LoggedMessage) -> None:
    try:
        saved_messages().delete(_selected(message))
    except OSError:
        st.toast(_("The data folder is not writable."))


def _selected(shown: LoggedMessage) -> LoggedMessage:
    """Return the selected message: the row of another one may have been clicked just before."""
    tables.finish_acts(selection.LIST_TABLE)
    return tab().explorer.messages.selected or shown


def _draw_fields(message: LoggedMessage, previous: LoggedMessage | None) -> None:
    """Draw the fields as a table; a click on a row filters the list by its value."""
    rows = fields.field_rows(message, previous)
    columns: dict[str, Column[FieldRow]] = {
        _("Field"): tables.text_column(100, lambda row: row.path),
        _("Value"): tables.text_column(
            72,
            lambda row: field_conditions.value_text(row.value),
            _("Click a value to list the messages that have it"),
            grows=True,
        ),
    }
    if any(row.before is not None for row in rows):
        columns[_("Before")] = tables.text_column(
            56,
            lambda row: row.before or "",
            _("In the previous message about the same object"),
            grows=True,
        )
    columns[""] = tables.button_column(
        38,
        lambda row: _("Plot {field}").format(field=row.path) if row.is_number else "",
        lambda row: _plot(row.path),
        icon="show_chart",
    )
    tables.draw_table(
        rows,
        columns,
        "fields",
        row_id=lambda row: row.path,
        on_select=lambda row: selection.filter_by_text(
            field_conditions.format_condition(row.path, row.value)
        ),
        scope=message_id(message),
        alt=_("Fields"),
    )


def _draw_changes(
    message: LoggedMessage, previous: LoggedMessage | None, log_view: LogView
) -> None:
    """Draw the fields that differ from the previous message."""
    aside = _("no earlier message to compare with")
    if log_view.has_dropped:
        aside = _("earlier messages are no longer stored")
    if previous:
        aside = _("since {at}").format(at=formatting.format_time(previous.at))
    with st.container(key="changed", gap="xsmall"):
        changed = _("Changed")
        st.html(formatting.split_row_html(f"<b>{changed}</b>", aside, "quiet"))
        if previous:
            changes = fields.changed_fields(fields.payload_of(previous), fields.payload_of(message))
            same = _("Only the timestamp changed.")
            nothing = f'<div class="quiet">{same}</div>'
            st.html(diff_html(changes) if changes else nothing)


def diff_html(changes: Iterable[FieldChange]) -> str:
    """Return the changed fields with their old and new values as HTML."""
    lines = ""
    for change in changes:
        old = f"<s>{html.escape(change.before)}</s> " if change.before is not None else ""
        new = f"<ins>{html.escape(change.after)}</ins>" if change.after is not None else ""
        field = f'<span class="quiet mono">{html.escape(change.field)}</span>'
        lines += f"{field}<span>{old}{new}</span>"
    return f'<div class="diff">{lines}</div>'


def publisher_text(message: LoggedMessage) -> str:
    """Return who published a message, as far as the message names it."""
    if author := people.author_of(message):
        return _("{name}, by chat").format(name=author.name or author.id)
    if people.is_from_monitor(message):
        return _("the server's monitor")
    if service := people.publisher_of(message):
        return _("{service}, a service of the shop").format(service=_(service))
    return _("a service of the shop")


def _draw_people(message: LoggedMessage) -> None:
    """Draw the publisher, and links to the channel and to the users that it is about."""
    with st.container(key="people", gap=None):
        label = _("Published by")
        publisher = html.escape(publisher_text(message))
        hint = _(
            "A message names no publisher, except in chat: its type shows the part of the shop."
        )
        st.html(
            f'<div class="row quiet">{label}: <abbr title="{hint}"><b>{publisher}</b></abbr></div>'
        )
        with st.container(horizontal=True, gap="small"):
            if channel_detail.is_channel(message.channel):
                _draw_subscribers(message)
            if message.channel != url_select.kept_value(PAGE, selection.CHANNEL):
                st.button(
                    _("Messages of the channel"),
                    key="show-channel",
                    type="tertiary",
                    help=_("List the messages of {channel}, of the selected type").format(
                        channel=message.channel
                    ),
                    on_click=selection.show_channel,
                    args=(message.channel,),
                )
            for user in people.users_of(message):
                st.button(
                    _("Messages of {user}").format(user=user.name or user.id),
                    key=f"show-user-{user.id}",
                    type="tertiary",
                    help=_("List what {user} receives and what mentions {user}").format(
                        user=user.id
                    ),
                    on_click=selection.show_user,
                    args=(user.id,),
                )


def _draw_subscribers(message: LoggedMessage) -> None:
    """Draw a list of who is subscribed to the message's channel: not who received it."""
    with st.popover(_("Subscribers now"), key="subscribers-now", type="tertiary"):
        words = ngettext(
            "The message reached {count} connection when it was published; the server does not say "
            "which.",
            "The message reached {count} connections when it was published; the server does not "
            "say which.",
            message.reached,
        )
        if message.reached == 0:
            words = _("Nobody was subscribed to `{channel}` when the message was published.")
        st.caption(words.format(count=message.reached, channel=message.channel))
        channel_detail.draw_subscribers(message.channel, "message-subscribers")


def _draw_plot(message: LoggedMessage, messages: list[LoggedMessage]) -> None:
    """Plot one numeric field over time, if there are two messages or more."""
    names = fields.numeric_fields(fields.payload_of(message))
    if not names or len(messages) < 2:
        return
    wanted = url_select.kept_value(PAGE, PLOT)
    version = tab().explorer.plot_version
    key = f"plot-{version}"

    def keep() -> None:
        if version == tab().explorer.plot_version:  # not of an earlier list
            url_select.keep_value(PAGE, PLOT, st.session_state[key])

    field = st.selectbox(
        _("Plot"),
        names,
        index=names.index(wanted) if wanted in names else 0,
        key=key,
        label_visibility="collapsed",
        on_change=keep,
    )
    frame = field_plot.field_data(
        fields.field_points(field, messages), kind_of(message.channel), message.at
    )
    alt = _("{field} over time").format(field=field)
    st.vega_lite_chart(
        frame, field_plot.field_spec(), height=field_plot.HEIGHT_PX, key="field", alt=alt
    )


def _plot(field: str) -> None:
    """Plot a field, also of messages of other types and after other pages; for callbacks.

    The list of fields is another widget then: a timer's message that the browser has already sent
    still has the earlier choice, and would undo this one.
    """
    url_select.keep_value(PAGE, PLOT, field)
    tab().explorer.plot_version += 1
