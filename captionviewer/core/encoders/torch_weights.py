"""Reads the arrays of one known PyTorch file without PyTorch, and without running what a pickle asks for.

PyTorch's older format is four pickles (a number to know it by, a version, the sizes of types, and the names
with the shapes of the arrays) followed by the numbers themselves. A pickle can name any function for the
reader to call; the reader here knows four names, none of which calls anything, and refuses all else. The
file that is read is known by its SHA-256 besides.
"""

import hashlib
import io
import math
import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from captionviewer.core.arrays import FloatArray
from captionviewer.core.errors import CaptionviewerError

_MAGIC = 0x1950A86A20F9469CFC6C
_MOST_BYTES = 200 * 2**20


class WeightsError(CaptionviewerError):
    """A file of an encoder's weights is missing, is another than the known one, or can't be read."""


@dataclass(frozen=True)
class _Storage:
    """A run of numbers in the file, named by its key."""

    key: str
    dtype: np.dtype[np.float32] | np.dtype[np.int64]
    count: int


@dataclass(frozen=True)
class _Tensor:
    """An array laid over a storage: entry (i, j) is number offset + i strides[0] + j strides[1]."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def of(self, numbers: FloatArray) -> FloatArray:
        """The array, with its storage's numbers; a copy of its own."""
        steps = tuple(stride * numbers.itemsize for stride in self.strides)
        return np.array(np.lib.stride_tricks.as_strided(numbers[self.offset :], self.shape, steps))


def _tensor(storage: object, offset: object, shape: object, strides: object, *_rest: object) -> _Tensor:
    if not isinstance(storage, _Storage) or not isinstance(offset, int) or offset < 0:
        raise pickle.UnpicklingError("a tensor of another form")
    sizes, steps = _whole_numbers(shape), _whole_numbers(strides)
    if len(sizes) != len(steps) or math.prod(sizes) > storage.count:
        raise pickle.UnpicklingError("a tensor larger than what it lies in")
    reach = sum((size - 1) * step for size, step in zip(sizes, steps, strict=True)) if all(sizes) else -1
    if offset + reach >= storage.count:
        raise pickle.UnpicklingError("a tensor that reaches beyond its numbers")
    return _Tensor(storage, offset, sizes, steps)


def _whole_numbers(value: object) -> tuple[int, ...]:
    if isinstance(value, tuple) and all(type(number) is int and 0 <= number <= 2**31 for number in value):
        return value
    raise pickle.UnpicklingError("a tensor of an impossible shape")


_FLOATS, _INTEGERS = np.dtype("<f4"), np.dtype("<i8")
# All that such a file may name: a dict, a function for tensors (ours), and two types of numbers.
_KNOWN: dict[tuple[str, str], object] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch", "FloatStorage"): _FLOATS,
    ("torch", "LongStorage"): _INTEGERS,
}


class _ClosedUnpickler(pickle.Unpickler):
    """Knows four names and refuses all others."""

    def find_class(self, module: str, name: str) -> object:
        """One of the known names; UnpicklingError for any other."""
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return _KNOWN[module, name]

    def persistent_load(self, pid: object) -> _Storage:
        """A storage, as the file describes it."""
        match pid:
            case ("storage", np.dtype() as dtype, str(key), str(), int(count), None) if count >= 0:
                if dtype in (_FLOATS, _INTEGERS):
                    return _Storage(key, dtype, count)
        raise pickle.UnpicklingError("a storage of another form")


def read_weights(path: Path, sha256: str) -> dict[str, FloatArray]:
    """Read the float arrays of a known file of weights.

    Parameters
    ----------
    path
        The file.
    sha256
        What it must be, in hexadecimal.

    Returns
    -------
    name -> float32 array, read-only.

    Raises
    ------
    WeightsError
        The file is missing or unreadable, is not the known one, or names something that no weights need.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise WeightsError(f"{path} is larger than the weights that are known. Install the package anew.")
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"{path} can't be read: {error.strerror or error}. Install the package anew."
        ) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise WeightsError(f"{path} is not the file of weights that is known. Install the package anew.")
    return parse_weights(content, path)


def parse_weights(content: bytes, path: Path) -> dict[str, FloatArray]:
    """The float arrays in the bytes of such a file; `path` is for messages.  Errors as `read_weights`."""
    file = io.BytesIO(content)
    try:
        if _load(file) != _MAGIC or _load(file) != 1001:
            raise pickle.UnpicklingError("it is not in PyTorch's older format")
        _load(file)
        tensors, keys = _load(file), _load(file)
        if not isinstance(tensors, dict) or not isinstance(keys, list):
            raise pickle.UnpicklingError("its lists of arrays are missing")
        wanted = {
            tensor.storage.key: tensor.storage for tensor in tensors.values() if isinstance(tensor, _Tensor)
        }
        stored = {key: _numbers(file, wanted[key]) for key in keys}
        return {
            str(name): tensor.of(stored[tensor.storage.key])
            for name, tensor in tensors.items()
            if isinstance(tensor, _Tensor) and tensor.storage.dtype == _FLOATS
        }
    # What a damaged pickle makes of an unpickler is not bounded to its own error.
    except (pickle.UnpicklingError, EOFError, ValueError, KeyError, TypeError, AttributeError,
            IndexError, OverflowError, MemoryError, UnicodeDecodeError) as error:  # fmt: skip
        raise WeightsError(f"{path} can't be read as weights: {error}. Install the package anew.") from error


def _load(file: BinaryIO) -> object:
    unpickle: Callable[[], object] = _ClosedUnpickler(file).load
    return unpickle()


def _numbers(file: BinaryIO, storage: _Storage) -> FloatArray:
    count = int.from_bytes(file.read(8), "little", signed=True)
    if count != storage.count:
        raise pickle.UnpicklingError(f"array {storage.key} has another length than was said")
    content = file.read(count * storage.dtype.itemsize)
    numbers: FloatArray = np.frombuffer(content, storage.dtype)
    if len(numbers) != count:
        raise pickle.UnpicklingError("it is cut off")
    return numbers
