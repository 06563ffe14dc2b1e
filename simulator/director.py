"""Starts and stops scenarios and publishes each change."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from msgspec import Struct

from protocol.events import Notice, Priority
from protocol.messages import Notification
from simulator.agenda import Plan
from simulator.commands import Refused
from simulator.happenings import Plays, Turn
from simulator.house import House
from simulator.scenarios import Scenario
from simulator.scenes import BEGINNINGS, ENDINGS
from simulator.stage import Scene

BEST = 15
"""Featured products are drawn from this many best-sellers."""
KEPT = 10  # scenes that have ended

_AFTER = "Крамниця знову працює, як завжди."
_TITLES = {
    Turn.BEGUN: "Сценарій почався",
    Turn.OVER: "Сценарій завершено",
    Turn.STOPPED: "Сценарій зупинено",
}


class Ended(Struct, frozen=True):
    """A scenario run that ended at ``ended``, in virtual seconds since the start."""

    scene: Scene
    ended: float
    how: Turn


class Director:
    """``changed`` is called with the time when the set of active scenarios changes."""

    def __init__(self, house: House, changed: Callable[[float], None]) -> None:
        self._house, self._changed = house, changed
        self._ends: dict[str, Plan] = {}
        self.ended: deque[Ended] = deque(maxlen=KEPT)

    def begin(self, name: str, at: float) -> Scene:
        """Start a scenario; restart it if it is running.

        Raises:
            Refused: unknown name.
        """
        scenario = self._house.premises.scenarios.get(name)
        if scenario is None:
            raise Refused("name", "Unknown scenario")
        if any(scene.scenario is scenario for scene in self._house.stage.scenes):
            self.stop(name, at)
        scene = Scene(scenario, at, at + scenario.lasts_s, self._featured(scenario))
        self._house.stage.raise_curtain(scene)
        self._ends[name] = self._house.desk.agenda.at(scene.ends, partial(self._end, name))
        self._say(scenario, Turn.BEGUN, at)
        if act := BEGINNINGS.get(name):
            act(self._house, scene, at)
        self._changed(at)
        return scene

    def stop(self, name: str, at: float) -> None:
        """Stop a running scenario.

        Raises:
            Refused: it is not running.
        """
        if name not in self._ends:
            raise Refused("name", "This scenario is not running")
        self._ends[name].call_off()
        self._close(name, Turn.STOPPED, at)

    def _end(self, name: str, at: float) -> None:
        self._close(name, Turn.OVER, at)

    def _close(self, name: str, how: Turn, at: float) -> None:
        del self._ends[name]
        scene = self._house.stage.drop_curtain(name)
        self.ended.appendleft(Ended(scene, at, how))
        if act := ENDINGS.get(name):
            act(self._house, scene, at)
        self._say(scene.scenario, how, at)
        self._changed(at)

    def _featured(self, scenario: Scenario) -> frozenset[str]:
        products = self._house.premises.catalogue.products
        best = sorted(products, key=lambda product: product.popularity, reverse=True)[:BEST]
        count = min(scenario.influence.featured, len(best))
        return frozenset(product.id for product in self._house.desk.draw.sample(best, count))

    def _say(self, scenario: Scenario, turn: Turn, at: float) -> None:
        desk = self._house.desk
        desk.have(Plays(scenario.name, turn))
        desk.to_staff(
            Notification(
                payload=Notice(
                    id=desk.notice_id(),
                    title=f"{_TITLES[turn]}: {scenario.title.uk}",
                    body=scenario.sentence.uk if turn is Turn.BEGUN else _AFTER,
                    icon="film",
                    priority=Priority.NORMAL,
                    created_at=desk.moment(at),
                )
            )
        )
