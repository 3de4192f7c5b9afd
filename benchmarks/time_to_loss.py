"""The shortest training on tinyshakespeare that ends at or below what others publish, on the CPU, with the defaults.

nanoGPT publishes 1.88 nats per character for 3 minutes on a laptop's CPU and 1.4697 for 3 minutes on an A100. The
learning rate falls over the whole budget, so a shorter training is another run, not the beginning of a longer one:
budgets are tried from the shortest on. `wall_seconds` is the whole process, its start and its last evaluation included.
"""

from benchmarks.claims import Claim, lowest
from benchmarks.common import Bench
from benchmarks.shakespeare import after

GOALS = {1.88: (10, 15, 20, 30), 1.4697: (60, 90, 120, 150, 180)}  # nats per character: budgets in seconds
CLAIMS = tuple(
    Claim(f"seconds to {goal}", bound, lowest("budget_seconds", goal=goal, reached="True"), True)
    for goal, bound in ((1.88, 15), (1.4697, 120))
)


def run(bench: Bench) -> None:
    """Try the budgets of each goal until one is enough."""
    text = bench.text("tinyshakespeare/input.txt")
    if text is None:
        return
    for goal, budgets in GOALS.items():
        for seconds in budgets:
            found = after(text, seconds / 60)
            bench.add(goal=goal, budget_seconds=seconds, **found, reached=str(found["carried_nats"] <= goal))
            if found["carried_nats"] <= goal:
                break
