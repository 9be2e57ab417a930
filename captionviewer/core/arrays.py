"""The array types that signatures in the core are written with."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]
IntArray = npt.NDArray[np.integer]
BoolArray = npt.NDArray[np.bool_]
ByteArray = npt.NDArray[np.uint8]
