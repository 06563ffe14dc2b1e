"""The shop as the tests meet it: its real data, and any start."""

import pytest

from protocol.publications import PublishRequest
from protocol.simulator_api import ClientPoolState, PublisherState
from simulator.api.serializers import shop_state
from simulator.engine.simulation_context import RunConfig
from simulator.runner import SimulationRunner
from simulator.shop.components import ShopData
from simulator.shop.shop import Shop


@pytest.fixture(scope="session")
def shop_data():
    return ShopData.load()


@pytest.fixture(scope="session")
def create_shop(shop_data):
    """Open a shop with the given start."""

    def open_(**start):
        return Shop(shop_data, RunConfig(**start))

    return open_


@pytest.fixture(scope="session")
def publications_of(create_shop):
    """Return all that a shop publishes until so many seconds after its start, in order."""

    def publications(seconds, **start):
        shop = create_shop(**start)
        events = shop.step(shop.config.started_at + seconds)
        return [event for event in events if isinstance(event, PublishRequest)]

    return publications


class RecordingSink:
    """Takes publications, and whatever else happens."""

    def __init__(self, has_room=True):
        self.publications, self.others, self.has_room = [], [], has_room

    def put(self, draft):
        self.publications.append(draft)
        return self.has_room

    def ask_support(self, customer, topic):
        self.others.append(("ask", customer.id, topic))

    def start_slow_client(self, customer):
        self.others.append(("start_slow_client", customer.id))

    def stop_slow_client(self):
        self.others.append(("read_on",))

    def drop_connections(self):
        self.others.append(("drop_connections",))

    def take_conversation(self, conversation_id):
        self.others.append(("take_conversation", conversation_id))

    def reset(self):
        self.others.append(("reset",))


class Clock:
    """Stands still until it is told."""

    def __init__(self):
        self.now = 500.0

    def __call__(self):
        return self.now


class RunnerHarness:
    """A runner whose clock the test turns, and what came of it."""

    def __init__(self, create_shop, has_room, speed, start):
        self._open_shop, self._start, self._runs = create_shop, start, 0
        self.sink, self.time = RecordingSink(has_room), Clock()
        self.runner = SimulationRunner(self._open, self.sink, self.sink, self.time, speed=speed)

    def _open(self, seed, rate):
        self._runs += 1
        given = {"seed": seed, "rate": rate}
        chosen = {name: value for name, value in given.items() if value is not None}
        return self._open_shop(**{**self._start, **chosen, "run_id": f"r{self._runs}"})

    @property
    def shop(self):
        return self.runner.shop

    def wait(self, *pauses):
        """Let so many real seconds pass, tick by tick."""
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
    """Run a shop by hand; takes a start and ``has_room``, ``speed``."""

    def make(has_room=True, speed=1.0, **start):
        return RunnerHarness(create_shop, has_room, speed, {"started_at": 1000.0, **start})

    return make
