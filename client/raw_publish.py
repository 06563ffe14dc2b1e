"""Publishes a body unchanged and records the request and its response."""

from __future__ import annotations

from msgspec import Raw

from client.frame_recorder import FrameRecorder
from client.http_client import ApiClient, ApiRequestError
from protocol import codec


def publish_and_record(
    client: ApiClient, body: bytes, recorder: FrameRecorder, idempotency_key: str | None = None
) -> None:
    """Send ``POST /api/publish`` and record both ways; an error is recorded, not raised.

    A response that never arrived is recorded with the status 0.
    """
    request = recorder.record_http_request(body)
    headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    try:
        response = client.post("/api/publish", Raw(body), headers)
    except ApiRequestError as error:
        message = error.detail.message or str(error)
        response = codec.encode_json({"error": {"code": error.detail.code, "message": message}})
        recorder.record_http_response(request, error.status or 0, response)
    else:
        recorder.record_http_response(request, 200, response)
