"""The frame codec against another implementation: the sans-I/O protocol of `websockets`.

Whatever bytes come, cut wherever, both read the same frames and fail with the same close code.
Neither checks the UTF-8 of a text here: the server's connection does, and `websockets` leaves it
to its callers.  ``KNOWN_DIFFERENCES`` has what is meant to differ.
"""

import itertools
import random
import struct

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from websockets.client import ClientProtocol
from websockets.frames import Close, Frame
from websockets.frames import Opcode as TheirOpcode
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from protocol.close_codes import CloseCode
from protocol.opcodes import Opcode
from server.websocket import frame_codec
from server.websocket.frame_codec import FrameDecoder

MOST = 300
PADDING = bytes(1000)  # ends any frame that is within the limit, and is none itself


class Header(Struct):
    """A frame's header, as a stream has it."""

    opcode: int
    is_final: bool
    is_masked: bool
    reserved: int
    size: int
    is_short: bool  # its length field is the shortest that would do
    is_in_message: bool  # a fragmented message has begun before

    @property
    def is_control(self):
        return self.opcode >= Opcode.CLOSE

    @property
    def has_fault(self):
        if self.reserved or not self.is_masked or self.opcode not in set(Opcode):
            return True
        if self.is_control:
            return not self.is_final or self.size > 125
        return (self.opcode == Opcode.CONTINUATION) is not self.is_in_message


def is_longer_length_field(ours, theirs, header):
    """A length field that is longer than needed is refused."""
    return ours == CloseCode.PROTOCOL_ERROR and not header.is_short


def is_header_before_size(ours, theirs, header):
    """Of two faults, the one that the header shows is reported before the size."""
    codes = (CloseCode.PROTOCOL_ERROR, CloseCode.MESSAGE_TOO_BIG)
    return (ours, theirs) == codes and header.has_fault


def is_code_before_reason(ours, theirs, header):
    """Of two faults of a close frame, the code is reported before the text of the reason."""
    codes = (CloseCode.PROTOCOL_ERROR, CloseCode.INVALID_TEXT)
    return (ours, theirs) == codes and header.opcode == Opcode.CLOSE


def is_control_frame_that_interrupts(ours, theirs, header):
    """A control frame does not count for the size of the message that it interrupts."""
    return theirs == CloseCode.MESSAGE_TOO_BIG and header.is_control and header.is_in_message


def is_close_within_a_message(ours, theirs, header):
    """A client may close within a fragmented message."""
    is_close = header.opcode == Opcode.CLOSE and header.is_in_message
    return (ours, theirs) == (None, CloseCode.PROTOCOL_ERROR) and is_close


KNOWN_DIFFERENCES = (
    is_longer_length_field,
    is_header_before_size,
    is_code_before_reason,
    is_control_frame_that_interrupts,
    is_close_within_a_message,
)


def read(stream, cuts):
    """Read with the server's decoder, as the connection does: up to a close frame or a fault."""
    decoder, frames = FrameDecoder(MOST), []
    for piece in pieces(stream, cuts):
        complete, violation = decoder.feed(piece)
        for opcode, payload in complete:
            if opcode == Opcode.CLOSE:
                fault = frame_codec.check_close(payload)
                return frames + [(opcode, payload)] * (fault is None), fault
            frames.append((opcode, payload))
        if violation is not None:
            return frames, violation
    return frames, None


def read_with_websockets(stream, cuts, *, to_the_end):
    """Read with `websockets`; ``to_the_end``: finish the frame that the stream ends within."""
    protocol = ServerProtocol(state=State.OPEN, max_size=MOST)
    for piece in pieces(stream, cuts):
        protocol.receive_data(piece)
    if to_the_end and protocol.state is State.OPEN:
        protocol.receive_data(PADDING)
    frames, opcode, whole = [], None, b""
    for frame in protocol.events_received():
        if frame.opcode in {TheirOpcode.CONT, TheirOpcode.TEXT, TheirOpcode.BINARY}:
            opcode = frame.opcode if opcode is None else opcode
            whole += frame.data
            frames.append((int(opcode), whole) if frame.fin else (Opcode.CONTINUATION, b""))
            if frame.fin:
                opcode, whole = None, b""
        else:
            frames.append((int(frame.opcode), bytes(frame.data)))
    return frames, protocol.close_sent.code if protocol.parser_exc else None


def pieces(stream, cuts):
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    return [stream[start:stop] for start, stop in itertools.pairwise(edges)]


def headers(stream):
    """Read the headers of a stream, by the letter of RFC 6455, 5.2."""
    at, is_in_message = 0, False
    while len(stream) - at >= 2:
        first, second = stream[at : at + 2]
        start, size = at + 2, second & 127
        if size > 125:
            wide = 2 if size == 126 else 8
            size = int.from_bytes((stream[start : start + wide] + bytes(8))[:wide])
            start += wide
        is_short = start - at - 2 == (0 if size < 126 else 2 if size < 1 << 16 else 8)
        start += 4 if second & 128 else 0
        yield Header(
            opcode=first & 15,
            is_final=bool(first & 128),
            is_masked=bool(second & 128),
            reserved=first & 112,
            size=size,
            is_short=is_short,
            is_in_message=is_in_message,
        )
        at = start + size
        if first & 15 < Opcode.CLOSE:
            is_in_message = not first & 128


CONTROL_SIZES = [0, 1, 124, 125, 126]
SIZES = [0, 1, 125, 126, 127, MOST - 150, MOST - 149, MOST, MOST + 1]
CLOSE_CODES = [1000, 1001, 1003, 1004, 1005, 1006, 1007, 1014, 1015, 2999, 3000, 4999, 5000]
REASONS = [b"", b"bye", "до".encode(), b"\xff"]
KEY = b"\x37\xfa\x21\x3d"


class Writer:
    """Writes frames that are valid, or nearly so."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def mostly(self, usual, *others):
        return usual if self.random.random() < 0.95 else self.random.choice(others)

    def stream(self):
        """Return up to six frames, something at the end, and where to cut them."""
        stream, is_in_message = b"", False
        for _ in range(self.random.randrange(7)):
            usual = [0, 0, 0, 9, 8] if is_in_message else [1, 1, 1, 2, 9, 10, 8]
            opcode = self.mostly(self.random.choice(usual), *range(16))
            is_control = opcode >= Opcode.CLOSE
            is_final = self.mostly(True, False) if is_control else self.random.random() < 0.5
            stream += self.frame(opcode, is_final, self.payload(opcode))
            if not is_control:
                is_in_message = not is_final
        stream += self.mostly(b"", self.random.randbytes(20))
        cuts = [self.random.randrange(len(stream) + 1) for _ in range(self.random.randrange(8))]
        return stream, cuts

    def frame(self, opcode, is_final, payload):
        is_masked = self.mostly(True, False)
        size = self.mostly(len(payload), 1 << 16, 1 << 63)
        needed = 0 if size < 126 else 2 if size < 1 << 16 else 8
        width = max(needed, self.mostly(needed, 2, 8))
        first = opcode | 128 * is_final | self.mostly(0, 16, 32, 64)
        second = {0: size, 2: 126, 8: 127}[width] | 128 * is_masked
        if is_masked:
            payload = KEY + bytes(a ^ b for a, b in zip(payload, itertools.cycle(KEY)))
        return bytes([first, second]) + (size.to_bytes(width) if width else b"") + payload

    def payload(self, opcode):
        if opcode == Opcode.CLOSE:
            code = self.random.choice([*CLOSE_CODES, self.random.randrange(1 << 16)])
            payload = struct.pack("!H", code) + self.random.choice(REASONS)
            return self.mostly(payload, b"", b"\x03", payload + b"x" * 125)
        sizes = CONTROL_SIZES if opcode > Opcode.CLOSE else SIZES
        return self.random.randbytes(self.random.choice([*sizes, self.random.randrange(20)]))


@settings(max_examples=25)
@given(st.integers(0, 1 << 32))
def test_the_decoder_reads_every_stream_as_websockets_does(seed):
    writer = Writer(seed)  # hypothesis would take ten times as long to draw them itself
    for _ in range(60):
        compare(*writer.stream())


@settings(max_examples=100)
@given(st.binary(max_size=40), st.lists(st.integers(0, 40), max_size=4))
def test_the_decoder_reads_any_bytes_as_websockets_does(stream, cuts):
    compare(stream, cuts)


def compare(stream, cuts):
    ours, our_code = read(stream, cuts)
    # The decoder may refuse a frame by its header, while `websockets` waits for its payload.
    theirs, their_code = read_with_websockets(stream, cuts, to_the_end=our_code is not None)
    if (ours, our_code) == (theirs, their_code):
        return
    same = 0
    while ours[same : same + 1] == theirs[same : same + 1] and same < len(ours):
        same += 1
    header = next(itertools.islice(headers(stream), same, None))
    our_fault = our_code if same == len(ours) else None
    their_fault = their_code if same == len(theirs) else None
    is_known = any(is_it(our_fault, their_fault, header) for is_it in KNOWN_DIFFERENCES)
    assert is_known, (stream, cuts, ours, our_code, theirs, their_code, header)


TEXTS = st.one_of(
    st.text(max_size=200).map(str.encode),
    st.sampled_from([125, 126, 65_535, 65_536]).map(lambda size: b"x" * size),
)


@settings(max_examples=50)
@given(st.lists(TEXTS, max_size=6), st.binary(max_size=125), st.sampled_from(CloseCode))
def test_the_server_writes_the_frames_that_websockets_writes(texts, ping, code):
    close = Close(code, code.reason).serialize()

    written = [frame_codec.encode_text(each) for each in texts]
    written += [frame_codec.PING_FRAME, frame_codec.encode_pong(ping)]
    written += [frame_codec.encode_close(code)]

    theirs = [Frame(TheirOpcode.TEXT, each) for each in texts]
    theirs += [Frame(TheirOpcode.PING, b""), Frame(TheirOpcode.PONG, ping)]
    theirs += [Frame(TheirOpcode.CLOSE, close)]
    assert written == [frame.serialize(mask=False) for frame in theirs]


@given(st.binary(max_size=125), st.integers(0, 1 << 32))
def test_pings_and_close_frames_are_answered_as_websockets_does(ping, seed):
    close = Writer(seed).payload(Opcode.CLOSE)[:125]
    them = ServerProtocol(state=State.OPEN)
    them.receive_data(Frame(TheirOpcode.PING, ping).serialize(mask=True))
    assert them.data_to_send() == [frame_codec.encode_pong(ping)]

    them.receive_data(Frame(TheirOpcode.CLOSE, close).serialize(mask=True))

    if frame_codec.check_close(close) is None:  # they add the client's reason, which needs none
        answer = frame_codec.encode_close_reply(close)
        reader = ClientProtocol(parse_uri("ws://host/"), state=State.OPEN)
        reader.receive_data(answer)
        assert reader.close_rcvd.code == them.close_rcvd.code == them.close_sent.code
