"""Measuring against a floor (基准测试): ours and the least the machine could do for the same result, in one run."""

import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

ROUNDS = 3


@dataclass(frozen=True)
class Figure:
    """一项结果: median seconds of ours and of the floor, their ratio, rows made, and this process's peak memory."""

    bench: str
    ours_s: float
    floor_s: float
    ratio: float
    rows: int
    peak_mb: int

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def compare(bench: str, *, ours: Callable[[], object], floor: Callable[[], object], rows: int) -> Figure:
    """Run both in turn, ours first, and take the median of each; preparing and clearing up is inside neither."""
    times: dict[str, list[float]] = {"ours": [], "floor": []}
    for _ in range(ROUNDS):
        for name, run in (("ours", ours), ("floor", floor)):
            started = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - started)
    ours_s, floor_s = (statistics.median(times[name]) for name in ("ours", "floor"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Figure(bench, round(ours_s, 3), round(floor_s, 3), round(ours_s / floor_s, 2), rows, peak)
