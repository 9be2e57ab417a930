"""The gradient checker itself, on functions whose gradient is known."""

import numpy as np
import pytest

from captionviewer.core.network.gradient_check import (
    eval_numerical_gradient,
    eval_numerical_gradient_array,
    rel_error,
)


def test_the_gradient_of_a_sum_of_squares_is_twice_the_point() -> None:
    x = np.random.default_rng(0).standard_normal((3, 4))
    kept = x.copy()
    gradient = eval_numerical_gradient(lambda point: float((point**2).sum()), x, verbose=False)
    np.testing.assert_allclose(gradient, 2 * x, rtol=1e-6)
    np.testing.assert_array_equal(x, kept)


def test_the_point_is_restored_when_the_function_fails() -> None:
    x = np.ones(2)

    def fail(point: np.ndarray) -> float:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        eval_numerical_gradient(fail, x, verbose=False)
    np.testing.assert_array_equal(x, [1, 1])


def test_entries_are_printed_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    eval_numerical_gradient(lambda point: float(point.sum()), np.zeros(2), verbose=False)
    assert capsys.readouterr().out == ""
    eval_numerical_gradient(lambda point: float(point.sum()), np.zeros(2))
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_an_array_valued_function_that_answers_with_its_argument_is_differentiated() -> None:
    df = np.array([1.0, 2.0])
    np.testing.assert_allclose(eval_numerical_gradient_array(lambda point: point, np.ones(2), df), df)


def test_the_relative_error_is_the_worst_entrys() -> None:
    assert rel_error(np.array([1.0, 2.0]), np.array([1.0, 6.0])) == 0.5
    assert rel_error(np.zeros(1), np.array([1e-9])) == pytest.approx(0.1)
