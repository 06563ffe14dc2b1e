"""Outcomes of publish requests in the store, where nodes of other versions read them."""

from protocol.publications import PublishResponse
from server.errors import ApiError, ApiErrorCode
from server.http.stored_outcomes import decode_outcome, encode_outcome


def test_a_response_is_stored_and_read():
    stored = encode_outcome(PublishResponse(accepted=2, reached=7))

    assert stored == b'{"accepted":{"accepted":2,"reached":7}}'
    assert decode_outcome(stored) == PublishResponse(2, 7)


def test_an_error_is_stored_with_its_status_and_read():
    stored = encode_outcome(ApiError(ApiErrorCode.INVALID_LIST, "Why", index=3))
    error = decode_outcome(stored)

    assert stored == b'{"problem":[422,"invalid_list","Why",3]}'
    assert (error.code, error.message, error.index) == ("invalid_list", "Why", 3)
