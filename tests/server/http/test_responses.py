"""Every error of a service has an HTTP status."""

from server.errors import ApiErrorCode
from server.http.responses import STATUS_BY_CODE


def test_every_code_has_a_status_of_an_error():
    assert STATUS_BY_CODE.keys() == set(ApiErrorCode)
    assert all(400 <= status < 600 for status in STATUS_BY_CODE.values())
