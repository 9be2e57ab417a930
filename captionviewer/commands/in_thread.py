"""Work of a subcommand that can be stopped: in a thread, while the main one tells how far it is."""

import threading
from collections.abc import Callable

_LOOK_S = 0.2


def run_in_thread(work: Callable[[], object], stop: Callable[[], None], look: Callable[[], None]) -> bool:
    """Run `work` to its end.

    Parameters
    ----------
    work
        Runs in a thread.
    stop
        Asks the work to end soon: at Ctrl+C, or when `look` raises.
    look
        Called now and then meanwhile, in the calling thread.

    Returns
    -------
    False if Ctrl+C was pressed meanwhile (and the work ended without an exception all the same).

    Raises
    ------
    Exception
        What `look` raised, else what `work` raised, after the work has ended.
    """
    failures: list[Exception] = []
    ended = threading.Event()  # Thread.join, interrupted, takes a running thread for one that has ended

    def run() -> None:
        try:
            work()
        except Exception as error:  # handed to the thread that waits, which says it
            failures.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=run, name="command")
    thread.start()
    interrupted = False
    try:
        while not ended.wait(_LOOK_S):
            look()
    except KeyboardInterrupt:
        interrupted = True
        stop()
        ended.wait()
    except Exception:
        stop()
        ended.wait()
        raise
    thread.join()
    if failures:
        raise failures[0]
    return not interrupted
