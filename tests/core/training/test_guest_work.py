"""Taking turns with the steps of a run."""

import threading
from collections.abc import Iterator

import pytest

from captionviewer.core.training import guest_work
from captionviewer.core.training.guest_work import StepBoundary


class Runner:
    """A thread that makes steps at a boundary for as long as it is let."""

    def __init__(self, boundary: StepBoundary) -> None:
        self.steps = 0
        self.stepping = False
        self._boundary = boundary
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._ending.is_set():
            with self._boundary.step():
                self.stepping = True
                self.steps += 1
                self._ending.wait(0.001)
                self.stepping = False

    def stop(self) -> None:
        self._ending.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture
def boundary() -> StepBoundary:
    return StepBoundary()


@pytest.fixture
def runner(boundary: StepBoundary) -> Iterator[Runner]:
    runner = Runner(boundary)
    yield runner
    runner.stop()


def test_no_step_runs_while_a_guest_works(boundary: StepBoundary, runner: Runner) -> None:
    for _ in range(50):
        with boundary.between_steps():
            assert not runner.stepping
            before = runner.steps
            threading.Event().wait(0.002)
            assert runner.steps == before


def test_a_guest_gets_its_turn_however_closely_step_follows_step(
    boundary: StepBoundary, runner: Runner
) -> None:
    for _ in range(20):
        before = runner.steps
        with boundary.between_steps():
            assert runner.steps <= before + 2


def test_the_run_goes_on_after_a_guest_that_failed(boundary: StepBoundary, runner: Runner) -> None:
    with pytest.raises(ZeroDivisionError), boundary.between_steps():
        raise ZeroDivisionError
    before = runner.steps
    while runner.steps < before + 3:
        threading.Event().wait(0.001)


def test_a_guest_gets_its_turn_after_a_step_that_failed(boundary: StepBoundary) -> None:
    with pytest.raises(ZeroDivisionError), boundary.step():
        raise ZeroDivisionError
    with boundary.between_steps():
        pass


def test_guests_do_not_wait_for_each_other(boundary: StepBoundary) -> None:
    with boundary.between_steps(), boundary.between_steps():
        pass
    with boundary.step():
        pass


def test_what_can_wait_comes_after_a_guest_who_is_on_the_way(
    boundary: StepBoundary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guest_work, "PATIENCE_S", 10.0)
    boundary.expect()
    done: list[str] = []

    def rest() -> None:
        boundary.after_guest()
        done.append("rest")

    resting = threading.Thread(target=rest)
    resting.start()
    with boundary.between_steps():
        resting.join(0.05)
        done.append("guest")
    resting.join(5)
    assert done == ["guest", "rest"]
    boundary.after_guest()  # nobody is expected any more
    assert not resting.is_alive()


@pytest.mark.parametrize(("patience_s", "has_order"), [(0.0, False), (1000.0, True)])
def test_a_guest_who_does_not_come_holds_nothing_up_and_an_order_ends_the_wait(
    boundary: StepBoundary, monkeypatch: pytest.MonkeyPatch, patience_s: float, has_order: bool
) -> None:
    monkeypatch.setattr(guest_work, "PATIENCE_S", patience_s)
    boundary.expect()
    resting = threading.Thread(target=boundary.after_guest, args=(lambda: has_order,), daemon=True)
    resting.start()
    resting.join(5)
    assert not resting.is_alive()
