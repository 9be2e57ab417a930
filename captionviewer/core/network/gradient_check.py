"""Gradients by centred differences, to hold the backward functions against."""

from collections.abc import Callable

import numpy as np

from captionviewer.core.arrays import FloatArray


def rel_error(x: FloatArray, y: FloatArray) -> float:
    """The largest element-wise relative error: max of abs(x - y) / max(1e-8, abs(x) + abs(y))."""
    return float(np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))))


def eval_numerical_gradient(
    f: Callable[[FloatArray], float], x: FloatArray, verbose: bool = True, h: float = 1e-5
) -> FloatArray:
    """The gradient of a scalar function by centred differences.

    Parameters
    ----------
    f
        takes x, returns a number.
    x
        the point, of any shape, float64 for a useful result; changed while f is called, and restored.
    verbose
        print each entry as it is found.
    h
        half the distance between the two points compared.

    Returns
    -------
    The gradient, of x's shape.
    """
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        kept = x[index]
        try:
            x[index] = kept + h
            above = f(x)
            x[index] = kept - h
            below = f(x)
        finally:
            x[index] = kept
        gradient[index] = (above - below) / (2 * h)
        if verbose:
            print(index, gradient[index])  # noqa: T201  asked for
    return gradient


def eval_numerical_gradient_array(
    f: Callable[[FloatArray], FloatArray], x: FloatArray, df: FloatArray, h: float = 1e-5
) -> FloatArray:
    """The gradient of sum(f(x) * df) by centred differences: an array-valued f under upstream df.

    Parameters
    ----------
    f
        takes x, returns an array.
    x
        the point, of any shape; changed while f is called, and restored.
    df
        the gradient with respect to f(x), of its shape.
    h
        half the distance between the two points compared.

    Returns
    -------
    The gradient, of x's shape.
    """
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        kept = x[index]
        try:
            x[index] = kept + h
            above = np.array(f(x))  # a copy: f may answer with x itself
            x[index] = kept - h
            below = np.array(f(x))
        finally:
            x[index] = kept
        gradient[index] = np.sum((above - below) * df) / (2 * h)
    return gradient
