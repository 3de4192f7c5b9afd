"""How many threads a run uses, on machines whose neighbours come and go."""

from unspool.training.threads import RETRY_SECONDS, ThreadChoice

QUIET = {2: 1.0, 1: 1.8}  # seconds of a step by the number of threads
BUSY = {2: 20.0, 1: 1.9}


class Machine:
    """Runs steps whose time depends on the threads that are in use, and on the neighbours."""

    def __init__(self, most: int = 2) -> None:
        self.threads, self.used, self.settled, self.seconds = most, [], [], 0.0
        self.choice = ThreadChoice(most, self._use, self.settled.append)

    def _use(self, threads: int) -> None:
        self.threads = threads

    def run(self, steps: int, times: dict[int, float]) -> None:
        for _ in range(steps):
            self.used.append(self.threads)
            self.seconds += times[self.threads]
            self.choice.after_step(times[self.threads], 1000)


def test_on_a_quiet_machine_all_threads_are_used_but_for_a_trial() -> None:
    machine = Machine()
    machine.run(100, QUIET)
    assert machine.used.count(1) == 1
    assert machine.settled == []


def test_a_neighbour_costs_a_few_steps_and_then_one_thread_is_used() -> None:
    machine = Machine()
    machine.run(50, QUIET)
    machine.used.clear()
    machine.run(50, BUSY)
    assert machine.used.count(2) <= 12
    assert machine.used[-1] == 1
    assert machine.settled == [1]


def test_a_neighbour_from_the_start_leaves_one_thread() -> None:
    machine = Machine()
    machine.run(200, BUSY)
    retries = machine.seconds / RETRY_SECONDS
    assert machine.used.count(2) <= 7 + retries
    assert machine.settled == [1]


def test_when_the_neighbour_leaves_all_threads_come_back() -> None:
    machine = Machine()
    machine.run(100, BUSY)
    machine.run(50, QUIET)
    assert machine.used[-1] == 2
    assert machine.settled == [1, 2]


def test_one_core_has_nothing_to_choose() -> None:
    machine = Machine(most=1)
    machine.run(30, {1: 1.0})
    assert machine.used == [1] * 30


def test_a_machine_that_is_slower_with_both_is_not_tried_at_every_step() -> None:
    machine = Machine()
    machine.run(50, QUIET)
    machine.used.clear()
    machine.run(100, {2: 2.0, 1: 3.6})
    assert machine.used.count(1) <= 3
    assert machine.used[-1] == 2
