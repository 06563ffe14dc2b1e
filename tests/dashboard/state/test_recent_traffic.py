"""The reports of the last seconds: their messages, and totals that are exact for any reader."""

from dashboard.state.live_state import LiveState
from dashboard.state.recent_traffic import MAX_REFUSALS, MAX_REPORTS
from protocol.monitoring import RefusedRequest, StatsPayload
from tests.fixtures import NOON


def test_a_report_has_its_messages_as_the_log_has_them(shop):
    live = LiveState(NOON)
    live.on_traffic(shop.traffic(shop.sample("user:user_1"), shop.sample("tenant:shop")), NOON)

    snapshot = live.snapshot(NOON)

    (report,) = snapshot.recent_traffic.reports
    assert report.number == 1
    assert list(report.messages) == list(reversed([*snapshot.log.newest_first()]))


def test_totals_go_on_when_reports_are_no_longer_kept(shop):
    live = LiveState(NOON)
    for second in range(MAX_REPORTS + 5):
        live.on_traffic(shop.traffic(kinds={"user": 10, "*": 1}, left_out=3), NOON + second)

    recent = live.snapshot(NOON).recent_traffic

    assert len(recent.reports) == MAX_REPORTS
    assert recent.number == recent.reports[-1].number == MAX_REPORTS + 5
    assert recent.messages == {"user": 10 * (MAX_REPORTS + 5), "*": MAX_REPORTS + 5}
    assert recent.left_out == 3 * (MAX_REPORTS + 5)


def test_refused_requests_are_counted_also_those_that_were_not_listed():
    live = LiveState(NOON)
    refused = tuple(
        RefusedRequest(NOON, f"user_{number}", "forbidden") for number in range(MAX_REFUSALS + 1)
    )
    live.on_stats(StatsPayload((), refused=refused, refused_left_out=40), NOON)

    recent = live.snapshot(NOON).recent_traffic

    assert recent.refusals == refused[1:]
    assert recent.refusal_count == MAX_REFUSALS + 41
    assert recent.listed_refusal_count == MAX_REFUSALS + 1
