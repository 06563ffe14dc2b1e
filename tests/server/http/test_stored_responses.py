"""Responses to publish requests in the store, where nodes of other versions read them."""

import pytest

from protocol.publications import PublishResponse
from server.errors import ApiError
from server.http.stored_responses import decode_response, encode_response


def test_a_response_is_stored_and_read():
    stored = encode_response(PublishResponse(accepted=2, reached=7))

    assert stored == b'{"accepted":{"accepted":2,"reached":7}}'
    assert decode_response(stored) == PublishResponse(2, 7)


def test_an_error_that_an_older_version_stored_is_raised():
    with pytest.raises(ApiError) as raised:
        decode_response(b'{"problem":[422,"invalid_list","Why",3]}')

    error = raised.value
    assert (error.code, error.message, error.index) == ("invalid_list", "Why", 3)
