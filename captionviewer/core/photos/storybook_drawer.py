"""Draws the storybook's pictures in this process or, to spare what else goes on here, in another.

Drawing is a hundred milliseconds of small operations, between which the interpreter's lock is never free
for long: four threads that draw a page's photos slow a training run down to a step every two seconds, and
a click in the window takes a third of a second. They gain nothing by it: here, too, one draws at a time.
"""

import logging
import threading
from collections.abc import Callable

import numpy as np

from captionviewer.core.arrays import ByteArray
from captionviewer.core.child_program import ChildProgram, package_path
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.interpreter import python_program

PROGRAM = "captionviewer.core.storybook.drawing_child"
_log = logging.getLogger(__name__)


class DrawingEnded(CaptionviewerError):
    """The drawer was closed, or the picture no longer wanted, before it was drawn."""


class StorybookDrawer:
    """Safe to use from several threads.

    With `aside` the first picture is drawn here, and the other process started as soon as one more is wanted
    meanwhile; while that comes up the drawing goes on here. The other process has a share like any other
    program's, but beside a run, to which it gives way.
    """

    def __init__(self, *, aside: bool = False) -> None:
        self._aside = aside
        self._here = threading.Lock()  # one picture at a time in this process
        self._turn = threading.Lock()  # and in the other
        self._guard = threading.Lock()
        self._program: ChildProgram | None = None
        self._gives_way = self._has_given_way = False
        self._closed = False
        self._can_start = True  # once it could not be started it is not tried again

    def give_way(self, wanted: bool) -> None:
        """Take from now on what others leave of the processor, or a share of it again."""
        self._gives_way = wanted

    def picture(self, address: str, stop: Callable[[], bool] = lambda: False) -> ByteArray:
        """The picture of an address, (360, 480, 3) uint8, RGB.

        Parameters
        ----------
        address
            `storybook:val/000007`, or of a scene that was edited.
        stop
            Asked once those that came before are drawn; True draws nothing.

        Raises
        ------
        ValueError
            It is no address of the storybook.
        DrawingEnded
            `close` was called, or `stop` says so.
        """
        picture = None
        if self._aside and self._can_start and (self._program is not None or self._here.locked()):
            with self._turn:
                if stop():
                    raise DrawingEnded
                picture = self._drawn_aside(address)
        if picture is None:
            with self._here:
                picture = self._drawn_here(address, stop)
        return picture

    def _drawn_here(self, address: str, stop: Callable[[], bool]) -> ByteArray:
        if self._closed or stop():
            raise DrawingEnded
        # only here: most launches need no picture before the first paint
        from captionviewer.core.storybook import picture_of

        return picture_of(address)

    def close(self) -> None:
        """End the other process, at once; nothing is drawn any more."""
        with self._guard:
            self._closed = True
            program = self._program
        if program is not None:
            program.kill()
            with self._turn:  # whoever asked it something has been told by now
                program.end()

    def _drawn_aside(self, address: str) -> ByteArray | None:
        """None where the other process can't be had."""
        program = None if self._closed else self._running()
        if program is None:
            return None
        try:
            said, pixels = program.ask({"address": address, "give_way": self._has_given_way})
            if "refused" in said:
                raise ValueError(said["refused"])
            return np.frombuffer(pixels, np.uint8).reshape(said["shape"])
        except (EOFError, KeyError) as problem:  # it was killed, or by the system for want of memory
            program.end()
            if not self._closed:
                _log.warning("the program that draws pictures ended (%r)", problem)
                self._can_start = False
            return None

    def _running(self) -> ChildProgram | None:
        """The other process, which is started where there is none yet.

        One that has given way can't have its share back: another takes its place.
        """
        if self._program is not None and self._has_given_way and not self._gives_way:
            self._program.end()
            with self._guard:
                self._program = None
        self._has_given_way = self._gives_way
        if self._program is None:
            python = python_program()
            try:
                if python is None:
                    raise OSError("there is no Python interpreter to be found")
                program = ChildProgram(python, ["-m", PROGRAM], {"PYTHONPATH": package_path()})
            except (OSError, EOFError) as problem:
                _log.warning("the program that draws pictures can't be started (%r)", problem)
                self._can_start = False
                return None
            with self._guard:
                self._program = program
                if self._closed:  # meanwhile: nobody else ends it
                    program.end()
                    return None
        return self._program
