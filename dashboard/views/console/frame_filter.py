"""Filter of frames by type, channel and the ids in them.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from client.recorded_frames import RecordedFrame
from dashboard.frames.connection_tracker import ConnectionTracker, FrameNotes
from dashboard.state.channels import EVERYONE_ADDRESS


def filter_frames(
    frames: Sequence[RecordedFrame], tracker: ConnectionTracker, words: str
) -> tuple[RecordedFrame, ...]:
    """Return the frames that have every word in their type, channel, error code or ids.

    A reply also has what its request has.  Upper and lower case are the same.
    """
    wanted = words.lower().split()
    return tuple(
        frame
        for frame in frames
        if all(word in searched_text(frame, tracker.notes(frame.seq)) for word in wanted)
    )


def searched_text(frame: RecordedFrame, notes: FrameNotes) -> str:
    """Return what the filter searches in a frame, in lower case."""
    parts = [frame.label, frame.type, frame.error_code, *_channels(frame)]
    if notes.origin is not None:
        is_to_everyone = notes.origin.channel == EVERYONE_ADDRESS
        parts += ["everyone" if is_to_everyone else notes.origin.channel]
    if notes.request is not None:
        parts += [notes.request.type, *_channels(notes.request)]
    return "\n".join([*parts, *_ids(frame.payload)]).lower()


def with_requests(
    shown: Sequence[RecordedFrame], tracker: ConnectionTracker
) -> tuple[RecordedFrame, ...]:
    """Return the frames and the requests that they answer, oldest first."""
    requests = (tracker.notes(frame.seq).request for frame in shown)
    found = {each.seq: each for each in (*shown, *requests) if each is not None}
    return tuple(found[seq] for seq in sorted(found))


def _ids(value: object) -> Iterator[str]:
    """Return the ids and order numbers in a message's content; not the tenant, which all have."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            is_id = name in ("id", "number") or (name.endswith("_id") and name != "tenant_id")
            if is_id and isinstance(inner, str):
                yield inner
            yield from _ids(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _ids(inner)


def _channels(frame: RecordedFrame) -> list[str]:
    body = frame.json_body
    found = [body.get("channel"), frame.payload.get("channel")]
    if isinstance(user := body.get("user"), str):
        found.append(f"user:{user}")
    return [channel for channel in found if isinstance(channel, str)]
