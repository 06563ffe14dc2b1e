"""The inspector: a message's JSON, its changed fields, and a field plotted over time."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from datetime import UTC

import streamlit as st

from common.text_markers import N_
from dashboard.dependencies import saved_messages
from dashboard.i18n.translate import _, ngettext
from dashboard.messages import fields
from dashboard.messages.fields import FieldChange
from dashboard.messages.republish import as_publication
from dashboard.sources.saved_messages import SavedMessagesFull
from dashboard.state.channels import kind_of
from dashboard.state.message_log import LoggedMessage, LogView
from dashboard.ui import console_draft, formatting, theme
from dashboard.views.explorer import field_plot, selection

FORMATTED, ORIGINAL = "formatted", "original"
TEXT_FORMS = {FORMATTED: N_("Formatted"), ORIGINAL: N_("Original")}


def draw(message: LoggedMessage | None, log_view: LogView) -> None:
    """Draw a message, compared with earlier ones of its channel and type."""
    if message is None:
        with theme.card("inspector", _("Message"), size="pane"):
            hint = _("Select a message to inspect it.")
            theme.draw_empty_state("ads_click", _("No message selected"), hint)
        return
    same = selection.similar_messages(message, log_view)
    chip = formatting.chip_html(message.channel, kind_of(message.channel))
    with theme.card("inspector", message.type, chip, size="pane"):
        facts = _("{at} · {size} · reached {reached}").format(
            at=formatting.format_time(message.at, millis=True),
            size=ngettext("{count} byte", "{count} bytes", len(message.text)).format(
                count=len(message.text)
            ),
            reached=message.reached,
        )
        utc = _("{at} UTC").format(at=formatting.format_time(message.at, millis=True, timezone=UTC))
        st.html(f'<div class="row quiet" title="{utc}">{facts}</div>')
        with st.container(horizontal=True, gap="xsmall", key="actions"):
            _draw_actions(message)
            shown_text = _draw_text_switch()
        # What its button copies is what it shows: the original, too, to the byte.
        st.code(shown_text(message), "json", height="stretch", wrap_lines=True)
        _draw_changes(message, fields.previous_of_same_subject(message, same))
        _draw_plot(message, same)


def _draw_text_switch() -> Callable[[LoggedMessage], str]:
    """Draw the choice of how the message is shown; return what makes the text."""
    form = st.segmented_control(
        _("Show as"),
        list(TEXT_FORMS),
        default=FORMATTED,
        required=True,
        key="message-text",
        format_func=lambda name: _(TEXT_FORMS[name]),
        label_visibility="collapsed",
        width="content",
    )
    return fields.original_text if form == ORIGINAL else fields.pretty_json


def _draw_actions(message: LoggedMessage) -> None:
    """Draw the buttons: previous, next, save and send."""
    kept = message in saved_messages().messages()
    for lines, icon, key, help_ in (
        (-1, "keyboard_arrow_up", "k", _("Previous message in the list")),
        (1, "keyboard_arrow_down", "j", _("Next message in the list")),
    ):
        st.button(
            "",
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
    if st.button(
        _("Send"),
        icon=":material/terminal:",
        key="send",
        help=_("Open the Console with this message in its editor"),
    ):
        console_draft.replace_draft(as_publication(message.channel, message.text))
        st.switch_page("views/console/page.py")


def _save(message: LoggedMessage) -> None:
    try:
        saved_messages().save(message)
    except SavedMessagesFull:
        st.toast(_("Saved-message limit reached; delete one first."))
    except OSError:
        st.toast(_("The data folder is not writable."))


def _unsave(message: LoggedMessage) -> None:
    try:
        saved_messages().delete(message)
    except OSError:
        st.toast(_("The data folder is not writable."))


def _draw_changes(message: LoggedMessage, previous: LoggedMessage | None) -> None:
    """Draw the fields that differ from the previous message."""
    aside = _("no earlier message to compare with")
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


def _draw_plot(message: LoggedMessage, messages: list[LoggedMessage]) -> None:
    """Plot one numeric field over time, if there are two messages or more."""
    names = fields.numeric_fields(fields.payload_of(message))
    if not names or len(messages) < 2:
        return
    field = st.selectbox(_("Plot"), names, key="plot", label_visibility="collapsed")
    frame = field_plot.field_data(fields.field_points(field, messages), kind_of(message.channel))
    alt = _("{field} over time").format(field=field)
    st.vega_lite_chart(frame, field_plot.FIELD_SPEC, height=110, key="field", alt=alt)
