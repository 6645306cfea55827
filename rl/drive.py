"""Runs the loop on a Ray fleet with a display, and always leaves a run that can be resumed."""

from __future__ import annotations

import os
import signal

from rl.display import RunDisplay
from rl.loop import Hooks, train
from rl.metrics import MetricsWriter, read_evals
from rl.run import Run


class Interrupt:
    """Ctrl-C that cannot get lost: an interrupt raised inside a destructor is dropped by Python, so it is asked for again."""

    def __init__(self) -> None:
        self._asked = False

    def __enter__(self) -> Interrupt:
        self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def _ask(self, *_: object) -> None:
        self._asked = True
        raise KeyboardInterrupt

    def check(self) -> None:
        if self._asked:
            raise KeyboardInterrupt

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)


def drive(run: Run) -> None:
    """Train until the config's iterations are committed. Ctrl-C or a kill at any time leaves a resumable run."""
    from rl.ray_fleet import RayFleet

    config, folder = run.config, run.folder
    if run.ledger.committed >= config.iterations and last_evaluation_done(run):
        print(f"{folder}: all {run.ledger.committed} iterations are done; to go on, resume with a larger iterations=")
        run.close()
        return
    writer = MetricsWriter(folder)
    fleet = None
    try:
        with RunDisplay(folder.name, config.iterations, done=run.ledger.committed) as display:
            display.status("starting workers")
            os.environ["OMP_NUM_THREADS"] = str(run.threads)  # a resumed run counts as it did before, to the last bit
            fleet = RayFleet(config, run.checkpoint, run.ledger.committed, folder / "workers.json")
            with Interrupt() as interrupt:

                def status(text: str) -> None:
                    interrupt.check()
                    display.status(text)

                train(run, fleet, writer, Hooks(status, display.update, display.evaluation))
    except BaseException:
        print(f"stopped after {run.ledger.committed} of {config.iterations} iterations; go on with: rl resume {folder}")
        raise
    finally:
        if fleet is not None:
            fleet.close()
        writer.close()
        run.close()
    print(f"policy: {run.checkpoint(run.ledger.committed)}")


def last_evaluation_done(run: Run) -> bool:
    """A run that died between its last commit and its last evaluation still owes that evaluation."""
    if not run.config.evaluation.every:
        return True
    return any(row["iteration"] == run.ledger.committed - 1 for row in read_evals(run.folder))
