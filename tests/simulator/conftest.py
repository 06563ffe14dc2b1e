"""Fixtures of the simulator's tests: the real data, and shops of any configuration."""

import pytest

from protocol.publications import PublishRequest
from protocol.simulator_api import ClientPoolState, PublisherState, ShopLanguage
from simulator.api.serializers import shop_state
from simulator.runner import SimulationRunner
from simulator.shop.components import ShopData
from simulator.shop.shop import Shop
from simulator.shop.simulation_context import RunConfig


@pytest.fixture(scope="session")
def all_data():
    """The data of every language."""
    return {language: ShopData.load(language) for language in ShopLanguage}


@pytest.fixture(scope="session")
def shop_data(all_data):
    return all_data["uk"]


@pytest.fixture(scope="session")
def english_data(all_data):
    return all_data["en"]


@pytest.fixture(scope="session")
def create_shop(all_data):
    """Create a shop: create_shop("en", seed=3, rate=40.0)."""

    def create(language="uk", **config):
        return Shop(all_data[language], RunConfig(**config))

    return create


@pytest.fixture(scope="session")
def publications_of(create_shop):
    """Return the publications of a new shop's first seconds: publications_of(60, seed=3)."""

    def publications(seconds, **config):
        shop = create_shop(**config)
        events = shop.step(shop.config.started_at + seconds)
        return [event for event in events if isinstance(event, PublishRequest)]

    return publications


class RecordingSink:
    """Records publications, and the calls of the clients in ``others``.

    ``discarded`` is the number of publications before the last new run.
    """

    def __init__(self, has_room=True):
        self.publications, self.others, self.has_room = [], [], has_room
        self.discarded = 0

    def put(self, publication):
        self.publications.append(publication)
        return self.has_room

    def discard(self):
        self.discarded = len(self.publications)

    def ask_support(self, customer, topic):
        self.others.append(("ask_support", customer.id, topic))

    def start_slow_client(self, customer):
        self.others.append(("start_slow_client", customer.id))

    def stop_slow_client(self):
        self.others.append(("stop_slow_client",))

    def drop_connections(self):
        self.others.append(("drop_connections",))

    def take_conversation(self, conversation_id):
        self.others.append(("take_conversation", conversation_id))

    def release_conversation(self, conversation_id):
        self.others.append(("release_conversation", conversation_id))

    def reset(self, data):
        self.others.append(("reset", data.language))


class Clock:
    """Shows the time that a test sets."""

    def __init__(self):
        self.now = 500.0

    def __call__(self):
        return self.now


class RunnerHarness:
    """A runner whose clock is set by the test, and a record of its output."""

    def __init__(self, create_shop, has_room, speed, config):
        self._create_shop, self._config, self._runs = create_shop, config, 0
        self.sink, self.time = RecordingSink(has_room), Clock()
        self.runner = SimulationRunner(self._create, self.sink, self.sink, self.time, speed=speed)

    def _create(self, seed, rate, language):
        self._runs += 1
        options = {"seed": seed, "rate": rate}
        changes = {name: value for name, value in options.items() if value is not None}
        return self._create_shop(
            language or "uk", **{**self._config, **changes, "run_id": f"r{self._runs}"}
        )

    @property
    def shop(self):
        return self.runner.shop

    def wait(self, *pauses):
        """Advance the clock by each of these real seconds, with a tick after each."""
        for pause in pauses:
            self.time.now += pause
            self.runner.tick()

    def state(self):
        return shop_state(
            self.runner,
            publisher=PublisherState(0, 0, 0, 0, 0, 0),
            presence=ClientPoolState(0, 0, 0, 0),
            customers=(),
        )


@pytest.fixture(scope="session")
def harness(create_shop):
    """Create a runner: harness(has_room=False, speed=2, rate=40.0)."""

    def make(has_room=True, speed=1.0, **config):
        return RunnerHarness(create_shop, has_room, speed, {"started_at": 1000.0, **config})

    return make
