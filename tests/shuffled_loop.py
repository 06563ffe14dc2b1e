"""An event loop that runs what is ready in another order for each seed.

What only works in the order in which asyncio happens to run tasks fails with some seed, and
fails again with the same one.
"""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any


class ShuffledEventLoop(asyncio.SelectorEventLoop):
    """Shuffles the callbacks of each iteration; each task's own steps stay in order."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = random.Random(seed)

    def _run_once(self) -> None:
        self.random.shuffle(self._ready)
        super()._run_once()


def run_shuffled(seed: int, main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in such a loop; a failure names the seed."""
    with asyncio.Runner(loop_factory=lambda: ShuffledEventLoop(seed)) as runner:
        try:
            runner.run(asyncio.wait_for(main, 20))
        except BaseException as why:
            why.add_note(f"seed {seed}")
            raise


async def pause(most: int) -> None:
    """Let other tasks go first, up to so many times."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, ShuffledEventLoop)
    for _ in range(loop.random.randrange(most + 1)):
        await asyncio.sleep(0)
