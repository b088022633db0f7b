"""How many threads to compute with, on a machine that others use too."""

from __future__ import annotations

import os
import time
from pathlib import Path

import torch

STAT = Path("/proc/stat")
SECONDS = 3.0
BUSY = 0.25  # cores


class Threads:
    """Sets torch's number of threads to the cores that others leave free, looked at every few seconds.

    Threads that share one operation wait for the slowest of them: with one core taken by somebody else, two
    threads were four times slower than one alone.
    """

    def __init__(self, most: int | None = None):
        self.most = most or torch.get_num_threads()
        self.seen = time.monotonic(), *self._used()

    def adjust(self) -> None:
        """Call it once a step; does nothing where /proc is missing or the last look was a moment ago."""
        now = time.monotonic()
        since, everybody, ours = self.seen
        if now - since < SECONDS or not STAT.is_file():
            return
        used = self._used()
        others = ((used[0] - everybody) - (used[1] - ours)) / (now - since)
        taken = int(others + 1 - BUSY)
        torch.set_num_threads(max(1, self.most - taken))
        self.seen = now, *used

    @staticmethod
    def _used() -> tuple[float, float]:
        """CPU seconds used so far: (by everybody, by this process)."""
        if not STAT.is_file():
            return 0.0, 0.0
        # user, nice, system, then idle and iowait, which are nobody's, then interrupts.
        ticks = [int(n) for n in STAT.read_text().split("\n", 1)[0].split()[1:8]]
        mine = os.times()
        return (sum(ticks[:3]) + sum(ticks[5:7])) / os.sysconf("SC_CLK_TCK"), mine.user + mine.system
