"""Follows a connection frame by frame: its state, its subscriptions, where its events came from.

Pure.  It remembers what the recorder has dropped: a subscription outlives its frames.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from client.recorded_frames import FrameKind, FrameMatch, RecordedFrame, ReplyMatcher
from dashboard.frames import connection_summary, event_origins
from dashboard.frames.connection_summary import ConnectionSummary
from dashboard.frames.event_origins import EventOrigin, Subscription
from protocol import codec
from protocol.publications import StreamPosition

MAX_REMEMBERED = 4_000
"""Frames whose matches and origins are kept: twice what a recorder keeps."""
MAX_PUBLISHED = 20
"""Publications of this page that an event is compared with."""
COPY_WITHIN_S = 10.0
"""An event that comes twice comes so quickly again."""


class FrameNotes(Struct, frozen=True):
    """What is known of a frame besides its content.

    ``before`` is the state of the connection before it; ``origin`` is that of an event;
    ``request`` is the request that it answers; ``lost`` are the subscriptions that a close ended.
    """

    before: ConnectionSummary
    match: FrameMatch | None = None
    request: RecordedFrame | None = None
    origin: EventOrigin | None = None
    lost: tuple[str, ...] = ()


class _RecentEvent(Struct, frozen=True):
    """An event that may come again on another channel; ``digest`` is of its payload."""

    seq: int
    at: float
    type: str
    digest: int


NO_NOTES = FrameNotes(ConnectionSummary())


class ConnectionTracker:
    """Follows the frames of one recorder, over all its connections."""

    def __init__(self) -> None:
        self.summary = ConnectionSummary()
        self.subscriptions: dict[str, Subscription] = {}
        self.lost: tuple[Subscription, ...] = ()
        self.positions: dict[str, StreamPosition] = {}
        self._notes: dict[int, FrameNotes] = {}
        self._matcher = ReplyMatcher()
        self._last_seq = 0
        self._just_confirmed: Subscription | None = None
        self._published: deque[RecordedFrame] = deque(maxlen=MAX_PUBLISHED)
        self._recent: deque[_RecentEvent] = deque()
        self._first_frames: dict[tuple[str, Any, int], int] = {}

    @classmethod
    def of(cls, frames: Sequence[RecordedFrame]) -> ConnectionTracker:
        """Return a tracker that has followed these frames."""
        tracker = cls()
        tracker.update(frames)
        return tracker

    def update(self, frames: Sequence[RecordedFrame]) -> None:
        """Follow the frames that came since the last call; all of the recorder are given."""
        start = len(frames)
        while start and frames[start - 1].seq > self._last_seq:
            start -= 1
        for frame in frames[start:]:
            self._last_seq = frame.seq
            self._follow(frame)
        while len(self._notes) > MAX_REMEMBERED:
            del self._notes[next(iter(self._notes))]

    def notes(self, seq: int) -> FrameNotes:
        """Return what is known of a frame."""
        return self._notes.get(seq, NO_NOTES)

    @property
    def matches(self) -> Mapping[int, FrameMatch]:
        """The pairs of requests and replies, as ``match_replies`` returns them."""
        return {seq: notes.match for seq, notes in self._notes.items() if notes.match}

    def recovery_point(
        self, finished: Collection[str] = ()
    ) -> tuple[str, StreamPosition | None] | None:
        """Return the channel to recover and its last position; None if nothing was subscribed.

        The latest subscription whose channel has a position, of this or an earlier connection,
        else the latest one; without a position, what was missed cannot be recovered.  A channel of
        ``finished``, on which no more messages are expected, comes after the others.
        """
        known = {each.channel: each for each in (*self.lost, *self.subscriptions.values())}
        latest = sorted(
            known.values(),
            key=lambda each: (
                each.channel in self.positions,
                each.channel not in finished,
                each.seq,
            ),
        )
        if latest and latest[-1].channel in self.positions:
            return latest[-1].channel, self.positions[latest[-1].channel]
        if self.positions:
            return list(self.positions.items())[-1]
        return (latest[-1].channel, None) if latest else None

    def _follow(self, frame: RecordedFrame) -> None:
        request = self._matcher.add(frame)
        notes = FrameNotes(self.summary, request=request)
        if request is not None:
            seconds = frame.at - request.at
            notes = replace(notes, match=FrameMatch(request.seq, seconds))
            asked = self._notes.get(request.seq)
            if asked is not None:
                self._notes[request.seq] = replace(asked, match=FrameMatch(frame.seq, seconds))
        self._notes[frame.seq] = notes
        self.summary = connection_summary.advance(self.summary, frame)
        confirmed, self._just_confirmed = self._just_confirmed, None
        match frame.kind:
            case FrameKind.CONNECT:
                self.subscriptions = {}
                self._recent.clear()
            case FrameKind.CLOSE | FrameKind.HANDSHAKE_REJECTED:
                self._follow_close(frame)
            case FrameKind.HTTP_REQUEST:
                self._published.appendleft(frame)
            case FrameKind.TEXT if frame.is_event:
                self._follow_event(frame, confirmed)
            case FrameKind.TEXT if not frame.is_sent:
                self._follow_reply(frame, request)
            case _:
                pass

    def _follow_close(self, frame: RecordedFrame) -> None:
        if self.subscriptions:
            self.lost = tuple(self.subscriptions.values())
        lost = tuple(self.subscriptions)
        self._notes[frame.seq] = replace(self._notes[frame.seq], lost=lost)
        self.subscriptions = {}

    def _follow_reply(self, frame: RecordedFrame, request: RecordedFrame | None) -> None:
        payload = frame.payload
        channel = payload.get("channel")
        match frame.type:
            case "auth_success":
                own = f"user:{payload.get('user_id')}"
                if own not in self.subscriptions:
                    self._confirm(own, frame, request, by_sign_in=True)
            case "subscribed" if isinstance(channel, str) and request is not None:
                self._confirm(channel, frame, request)
            case "subscribed" if isinstance(channel, str):
                self._remember_position(channel, payload.get("epoch"), payload.get("offset"))
            case "unsubscribed" if isinstance(channel, str):
                self.subscriptions.pop(channel, None)
            case _:
                pass

    def _confirm(
        self,
        channel: str,
        frame: RecordedFrame,
        request: RecordedFrame | None,
        by_sign_in: bool = False,
    ) -> None:
        asked = request.payload if request is not None else {}
        epoch, offset = frame.payload.get("epoch"), frame.payload.get("offset")
        subscription = Subscription(
            channel,
            frame.seq if by_sign_in or request is None else request.seq,
            by_sign_in,
            str(frame.json_body.get("timestamp", "")),
            epoch if isinstance(epoch, str) else "",
            offset if isinstance(offset, int) else None,
            isinstance(asked.get("since"), dict),
            asked.get("last") is True,
        )
        self.subscriptions[channel] = self._just_confirmed = subscription
        self._remember_position(channel, epoch, offset)

    def _remember_position(self, channel: str, epoch: Any, offset: Any) -> None:
        if isinstance(epoch, str) and isinstance(offset, int):
            self.positions.pop(channel, None)  # the latest is the last
            self.positions[channel] = StreamPosition(epoch, offset)

    def _follow_event(self, frame: RecordedFrame, confirmed: Subscription | None) -> None:
        origin = event_origins.deduce(
            frame, self.subscriptions, confirmed, self._published, self.summary.is_staff
        )
        self._remember_offset(frame, origin)
        if frame.type not in event_origins.MONITOR_EVENTS:  # large, and each is different
            digest = hash(codec.encode_json(frame.payload))
            origin = self._with_copies(frame, digest, origin)
            origin = self._with_first(frame, digest, origin)
        self._set_origin(frame.seq, origin)

    def _with_copies(self, frame: RecordedFrame, digest: int, origin: EventOrigin) -> EventOrigin:
        """Relate an event to the frames of the last seconds that have the same payload."""
        while self._recent and frame.at - self._recent[0].at > COPY_WITHIN_S:
            self._recent.popleft()
        for earlier in self._recent:
            before = self.notes(earlier.seq).origin
            if (earlier.type, earlier.digest) != (frame.type, digest) or before is None:
                continue
            pair = event_origins.pair_copies(before, earlier.seq, origin, frame.seq)
            if pair is not None:
                self._set_origin(earlier.seq, pair[0])
                origin = replace(pair[1], subscription=self.subscriptions.get(pair[1].channel))
        self._recent.append(_RecentEvent(frame.seq, frame.at, frame.type, digest))
        return origin

    def _with_first(self, frame: RecordedFrame, digest: int, origin: EventOrigin) -> EventOrigin:
        """Note the frame that brought a replayed message before; its timestamp is the same."""
        message = (frame.type, frame.json_body.get("timestamp"), digest)
        first = self._first_frames.setdefault(message, frame.seq)
        if len(self._first_frames) > MAX_REMEMBERED:
            del self._first_frames[next(iter(self._first_frames))]
        return replace(origin, first=first) if origin.replay and first != frame.seq else origin

    def _remember_offset(self, frame: RecordedFrame, origin: EventOrigin) -> None:
        offset = frame.json_body.get("offset")
        known = self.positions.get(origin.channel)
        if known is not None and isinstance(offset, int) and origin.subscription is not None:
            epoch = origin.subscription.epoch or known.epoch
            self._remember_position(origin.channel, epoch, max(offset, known.offset))

    def _set_origin(self, seq: int, origin: EventOrigin) -> None:
        self._notes[seq] = replace(self.notes(seq), origin=origin)
