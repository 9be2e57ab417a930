"""Draws the storybook's pictures in this process, or, to spare a run that trains here, in another.

Drawing is a hundred milliseconds of small operations, between which the interpreter's lock is never free
for long: four threads that draw a page's photos slow a training run down to a step every two seconds.
"""

import logging
import threading

import numpy as np

from captionviewer.core.arrays import ByteArray
from captionviewer.core.child_program import ChildProgram, package_path
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.interpreter import python_program

PROGRAM = "captionviewer.core.storybook.drawing_child"
_log = logging.getLogger(__name__)


class DrawingEnded(CaptionviewerError):
    """The drawer was closed before the picture was drawn."""


class StorybookDrawer:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._aside = False
        self._turn = threading.Lock()  # one picture at a time in the other process
        self._guard = threading.Lock()
        self._program: ChildProgram | None = None
        self._closed = False
        self._can_start = True  # once it could not be started it is not tried again

    def set_aside(self, aside: bool) -> None:
        """Draw in a process of its own from now on, or here. That process is started when it is needed."""
        self._aside = aside

    def picture(self, address: str) -> ByteArray:
        """The picture of an address, (360, 480, 3) uint8, RGB.

        Raises
        ------
        ValueError
            It is no address of the storybook.
        DrawingEnded
            `close` was called.
        """
        if self._aside and self._can_start:
            with self._turn:
                picture = self._drawn_aside(address)
            if picture is not None:
                return picture
        if self._closed:
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
            said, pixels = program.ask({"address": address})
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
        """The other process, which is started where there is none yet."""
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
