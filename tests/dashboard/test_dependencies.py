"""The dependencies that all tabs share."""

from dashboard import dependencies
from dashboard.dependencies import Dependencies, install
from dashboard.settings import Settings


def test_a_given_part_is_used_and_the_others_are_made_from_the_settings(secret, feed, tmp_path):
    parts = Dependencies(settings=Settings(jwt_secret=secret, data_dir=str(tmp_path)), feed=feed)

    assert parts.feed is feed
    assert parts.saved_messages.messages() == ()
    assert parts.connections_client is parts.connections_client


def test_installed_parts_are_everyones_until_the_end_of_the_context(secret, feed):
    outer, inner = Settings(jwt_secret=secret, tenant="outer"), Settings(jwt_secret=secret)

    with install(Dependencies(settings=outer)):
        with install(Dependencies(settings=inner, feed=feed)):
            assert dependencies.settings() is inner
            assert dependencies.feed() is feed
        assert dependencies.settings() is outer
