"""The list of conformance cases."""

import re
from pathlib import Path

from conformance.case_types import ExpectAuthError, ExpectClose, ExpectError, ExpectHttpStatus
from conformance.cases import ALL_CASES, CASES_BY_NAME
from protocol.errors import CloseCode, ErrorCode

PROTOCOL = Path(__file__).parents[2] / "docs" / "protocol.md"


def test_cases_cover_every_error_and_every_close_code_that_a_client_can_cause():
    expected = [case.expected for case in CASES_BY_NAME.values()]

    assert {e.code for e in expected if isinstance(e, ExpectError)} == (
        set(ErrorCode) - {ErrorCode.INTERNAL}
    )
    assert {e.code for e in expected if isinstance(e, ExpectClose)} == {
        CloseCode.PROTOCOL_ERROR,
        CloseCode.UNSUPPORTED_DATA,
        CloseCode.INVALID_TEXT,
        CloseCode.MESSAGE_TOO_BIG,
        CloseCode.NOT_SIGNED_IN,
        CloseCode.FLOODING,
        CloseCode.TOO_MANY_CONNECTIONS,
        CloseCode.TOKEN_EXPIRED,
    }
    assert any(isinstance(e, ExpectAuthError) for e in expected)
    assert len(CASES_BY_NAME) == len(ALL_CASES)


def test_cases_expect_what_the_protocol_page_documents():
    page = PROTOCOL.read_text()

    for case in CASES_BY_NAME.values():
        match case.expected:
            case ExpectError(code):
                assert f"| `{code}` |" in page
            case ExpectClose(code):
                assert re.search(rf"^\| [\d, ]*\b{int(code)}\b", page, re.MULTILINE)
            case ExpectHttpStatus(status):
                assert status in (401, 403, 409, 413, 422)
            case ExpectAuthError():
                assert '"auth_error"' in page
