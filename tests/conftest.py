"""What every test gets: data to read, folders of its own, no network, and no quiet skipping.

Nothing here needs Qt, so that the core's tests run where Qt is not installed
(`python -m pytest tests/core`).
"""

import gc
import ipaddress
import os
import random
import socket
import threading
import traceback
from collections.abc import Callable, Generator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # before NumPy is imported
    # Processes that each multiply in as many threads as there are cores wait for each other most of the time
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Each process that shares the tests, and each program that one starts, would compile all that it imports,
# where images of machines set this
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

from tests.archive_server import ArchiveServer
from tests.download_setup import Book, write_book
from tests.storybook_slice import write_storybook_slice

COCO_VARIABLE = "CAPTIONVIEWER_TEST_COCO"
PROCESS = os.environ.get("PYTEST_XDIST_WORKER")  # of several that share the tests
# Files with a test that takes many seconds: begun last, it would let the other processes wait for its end
BEGUN_FIRST = ("test_the_tour.py", "test_an_afternoon_of_runs.py", "test_words_from_outside.py")


# ---- pytest itself -------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Let the settings of pytest-qt stand in pyproject.toml where that plugin is absent or switched off."""
    if not pluginmanager.hasplugin("pytest-qt"):
        for name in ("qt_api", "qt_log_level_fail"):
            parser.addini(name, "a setting of pytest-qt")
        parser.addini("qt_log_ignore", "a setting of pytest-qt", type="linelist")


def data_folder() -> Path | None:
    """The real COCO data that the tests were given, if they were."""
    named = os.environ.get(COCO_VARIABLE, "").strip()
    return Path(named).absolute() if named else None


def pytest_sessionstart() -> None:
    """Stop at once when the variable names a folder that is not there: a typing mistake, not a choice."""
    folder = data_folder()
    if folder is not None and not (folder / "coco2014_captions.h5").is_file():
        raise pytest.UsageError(f"{COCO_VARIABLE} names {folder}, where there is no coco2014_captions.h5")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest first, then all as their files are named: alike in all processes."""
    if PROCESS is not None:
        items.sort(key=lambda item: (item.path.name not in BEGUN_FIRST, item.path.parts))


def pytest_collection_finish() -> None:
    """Look for garbage, from now on, in what tests make alone: not in thousands of tests and modules.

    And in the main thread: what Qt made must not be destroyed in another one.
    """
    gc.collect()
    gc.freeze()
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Look where Python itself would have by now."""
    for generation in (2, 1, 0):
        if gc.get_count()[generation] > gc.get_threshold()[generation]:
            gc.collect(generation)
            break


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With real data at hand a skipped test is a failed one: nothing may go untested unnoticed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and data_folder() is not None:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped although {COCO_VARIABLE} is set: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a file that skips itself while it is collected; and share the compiling of files.

    To compile the tests, with their asserts rewritten, takes twice as long as all else. Processes that
    go through the files in one order would each compile all; in orders of their own they share that.
    """
    report = yield
    if isinstance(collector, pytest.Directory) and PROCESS is not None:
        random.Random(PROCESS).shuffle(report.result)
    if report.skipped and data_folder() is not None:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped although {COCO_VARIABLE} is set: {report.longrepr}"
    return report


# ---- data ----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def coco_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in the official layout, with photos: the real one if given, else storybook scenes."""
    folder = data_folder()
    if folder is not None:
        return folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAPTIONVIEWER_CACHE_DIR", str(tmp_path_factory.mktemp("storybook")))
        from captionviewer.core.storybook import storybook_folder

        return write_storybook_slice(storybook_folder(), tmp_path_factory.mktemp("data") / "coco")


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A small data set as the archive that a server has."""
    return write_book(tmp_path_factory.mktemp("book"))


@pytest.fixture
def archive_server(book: Book) -> Iterator[ArchiveServer]:
    """A web server that has it."""
    with ArchiveServer(book.archive) as server:
        yield server


# ---- apart from the user and from each other -------------------------------------------------------


@pytest.fixture(scope="session")
def folders_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Names for folders of one test after another; none is made before something is written there.

    To make a `tmp_path` takes longer than most tests of the core, which need none.
    """
    names = tmp_path_factory.mktemp("folders")
    return (names / str(number) for number in count())


@pytest.fixture
def own_folder(folders_of_tests: Iterator[Path]) -> Path:
    """Where the settings and caches of this test are, once it has any."""
    return next(folders_of_tests)


@pytest.fixture(autouse=True)
def own_folders(own_folder: Path) -> Iterator[None]:
    """Settings and caches of this test alone; the user's own are neither read nor written."""
    # patches of its own: a test that undoes what it patched must not get the user's folders back
    with pytest.MonkeyPatch.context() as patches:
        for kind in ("config", "cache", "data", "log"):
            patches.setenv(f"CAPTIONVIEWER_{kind.upper()}_DIR", str(own_folder / f"captionviewer-{kind}"))
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            patches.delenv(name, raising=False)
            patches.delenv(name.upper(), raising=False)
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            patches.delenv(name, raising=False)
        yield


class NetworkForbidden(ConnectionError):
    """A test tried to reach another machine."""


class NetworkGuard:
    """Refuses and remembers every attempt, from any thread, to reach more than this machine."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attempts: list[str] = []

    def check(self, what: str, host: object) -> None:
        """Raise NetworkForbidden unless `host` is this machine."""
        if self._is_this_machine(host):
            return
        place = "".join(traceback.format_stack(limit=12)[:-2])
        with self._lock:
            self._attempts.append(f"{what} {host!r} in thread {threading.current_thread().name!r}\n{place}")
        raise NetworkForbidden(f"tests reach no other machine: {what} {host!r}")

    def take_attempts(self) -> list[str]:
        """Return what was tried since the last call."""
        with self._lock:
            attempts, self._attempts = self._attempts, []
        return attempts

    @staticmethod
    def _is_this_machine(host: object) -> bool:
        if host is None:
            return True
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        if name in ("", "localhost"):
            return True
        try:
            address = ipaddress.ip_address(name.partition("%")[0])
        except ValueError:
            return False
        return address.is_loopback or address.is_unspecified


@pytest.fixture(scope="session", autouse=True)
def network_guard() -> Iterator[NetworkGuard]:
    """Stand before the socket module for the whole run, threads that outlive their test included."""
    guard = NetworkGuard()
    getaddrinfo = socket.getaddrinfo

    def guarded(way: Callable[..., object]) -> Callable[..., object]:
        def call(self: socket.socket, *arguments: object) -> object:
            address = arguments[-1]
            if self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
                guard.check("connecting to", address[0])
            return way(self, *arguments)

        return call

    def guarded_getaddrinfo(host: str | bytes | None, *arguments: Any, **named: Any) -> object:
        guard.check("looking up", host)
        return getaddrinfo(host, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield guard
        left = guard.take_attempts()
    if left:
        pytest.fail("a thread that outlived its test reached for the network:\n" + "\n".join(left))


@pytest.fixture(autouse=True)
def no_network(network_guard: NetworkGuard) -> Iterator[NetworkGuard]:
    """Fail the test that reached for another machine, even if the code under test took it calmly."""
    yield network_guard
    attempts = network_guard.take_attempts()
    if attempts:
        pytest.fail("this test reached for the network:\n" + "\n".join(attempts))
