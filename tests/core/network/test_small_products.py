"""Products of a few rows, whole or in panels of columns: the same numbers, in the places asked for."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

from captionviewer.core.network import small_products
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.network.small_products import SPARE, RecurrentProducts, few_rows_times, panel_width
from captionviewer.core.network.workspace import Workspace, never
from tests.core.network.caption_cases import distance, random_captions, vocabulary


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """The library's second thread would wait for other tests at every product."""
    with one_library_thread():
        yield


KERNELS = pytest.mark.parametrize("kernels", ["SkylakeX", "Haswell", None])


@KERNELS
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize(("K", "N"), [(512, 2048), (96, 500), (40, 30), (7, 4)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_few_rows_times_a_matrix_are_the_product_whatever_the_kernels(
    monkeypatch: pytest.MonkeyPatch, kernels: str | None, transposed: bool, K: int, N: int, dtype: Any
) -> None:
    monkeypatch.setattr(small_products, "kernels", lambda: kernels)
    rng = np.random.default_rng(K + N)
    matrix = rng.standard_normal((N, K)).astype(dtype).T if transposed else rng.standard_normal((K, N), dtype)
    products = RecurrentProducts(matrix, Workspace(), never)
    for n in (1, 5, 16, 25, 31, 123):
        rows = rng.standard_normal((3 + n + SPARE, K), dtype)
        before, out = rows.copy(), np.zeros((n + SPARE, N), dtype)
        found = products.times(rows, 3, n, out)
        assert np.shares_memory(found, out) and found.shape == (n, N)
        expected = before[3 : 3 + n].astype(np.float64) @ matrix.astype(np.float64)
        assert distance(found, expected) < (1e-6 if dtype == np.float32 else 1e-14), n
        np.testing.assert_array_equal(rows[: 3 + n], before[: 3 + n])


@KERNELS
@pytest.mark.parametrize("transposed", [False, True])
def test_a_product_taken_once_is_the_product_whatever_the_kernels(
    monkeypatch: pytest.MonkeyPatch, kernels: str | None, transposed: bool
) -> None:
    monkeypatch.setattr(small_products, "kernels", lambda: kernels)
    rng = np.random.default_rng(3)
    dtypes: list[Any] = [np.float32, np.float64]
    for (K, N), dtype in product([(512, 1004), (384, 1536), (5, 3), (512, 70)], dtypes):
        matrix = (
            rng.standard_normal((N, K)).astype(dtype).T if transposed else rng.standard_normal((K, N), dtype)
        )
        matrix.setflags(write=False)
        for rows in (rng.standard_normal((n, K), dtype) for n in (0, 1, 2, 5, 30, 31, 70)):
            found = few_rows_times(rows, matrix)
            expected = rows.astype(np.float64) @ matrix.astype(np.float64)
            assert found.dtype == dtype and found.shape == expected.shape
            assert distance(found, expected) < (1e-6 if dtype == np.float32 else 1e-14)
    mixed = few_rows_times(np.ones((4, 512)), np.ones((512, 1004), np.float32))  # float64 stays float64
    assert mixed.dtype == np.float64 and (mixed == 512).all()


def test_panels_are_as_wide_as_the_library_still_calls_small() -> None:
    assert panel_width(25, 512, 2048, transposed=False) == 64  # 819,200 multiplications
    assert panel_width(31, 512, 2048, transposed=False) == 32  # 64 columns would be 1,015,808
    assert panel_width(122, 512, 2048, transposed=False) == 16
    assert panel_width(128, 512, 2048, transposed=False) is None
    assert panel_width(18, 512, 512, transposed=True) == 64
    assert panel_width(19, 512, 512, transposed=True) == 32  # the result of 64 would have 1,216 numbers
    assert panel_width(25, 2048, 512, transposed=True) == 16
    assert panel_width(122, 2048, 512, transposed=True) == 4
    assert panel_width(2, 8, 15, transposed=False) is None  # no panel is that narrow


def test_panels_are_for_kernels_that_read_them_in_place_and_for_float32_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []
    panelled = small_products.panelled
    monkeypatch.setattr(
        small_products, "panelled", lambda *given: (seen.append(given[2]), panelled(*given))[1]
    )

    def widths(kernels: str | None, dtype: Any) -> list[int]:
        monkeypatch.setattr(small_products, "kernels", lambda: kernels)
        seen.clear()
        matrix, rows = np.ones((64, 128), dtype), np.ones((20 + SPARE, 64), dtype)
        RecurrentProducts(matrix, Workspace(), never).times(rows, 0, 20, np.empty((20 + SPARE, 128), dtype))
        return sorted(set(seen))

    assert widths("SkylakeX", np.float32) == [64]
    assert widths("SkylakeX", np.float64) == widths("Haswell", np.float32) == widths(None, np.float32) == []


@pytest.mark.parametrize("kernels", ["SkylakeX", "Haswell"])
@pytest.mark.parametrize("cell_type", ["rnn", "lstm"])
def test_the_usual_sizes_give_the_references_gradients_whatever_the_kernels(
    monkeypatch: pytest.MonkeyPatch, kernels: str | None, cell_type: Any
) -> None:
    monkeypatch.setattr(small_products, "kernels", lambda: kernels)
    rng = np.random.default_rng(7)
    model = CaptioningRNN(vocabulary(200), 64, 96, 512, cell_type, np.float32, rng=rng)
    for N in (1, 6, 25, 62, 124):  # fewer captions from timestep to timestep, so each width has its turn
        features, captions = rng.standard_normal((N, 64)), random_captions(rng, N, 10, 200)
        loss, grads = model.loss(features, captions)
        expected, expected_grads = model.reference_loss(features, captions)
        assert loss == pytest.approx(expected, rel=1e-5)
        for name, gradient in expected_grads.items():
            assert distance(grads[name], gradient) < 1e-5, (N, name)
