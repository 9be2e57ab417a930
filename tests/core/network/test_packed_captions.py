"""Minibatches without their padding."""

import numpy as np

from captionviewer.core.network.packed_captions import pack


def test_captions_are_put_longest_first_and_run_up_to_their_last_target() -> None:
    packed = pack(np.array([[1, 5, 2, 0, 0], [1, 6, 7, 8, 2], [1, 9, 0, 2, 0]]), null=0)
    assert packed.rows.tolist() == [1, 2, 0]
    assert packed.counts == [3, 3, 2, 1]
    assert packed.spans == [(0, 3), (3, 6), (6, 8), (8, 9)]
    assert packed.words.tolist() == [1, 1, 1, 6, 9, 5, 7, 0, 8]  # the <NULL> within the second is run
    assert packed.targets.tolist() == [6, 9, 5, 7, 2, 8, 2, 2]  # and not predicted
    assert packed.predicted is not None
    assert packed.predicted.tolist() == [0, 1, 2, 3, 5, 6, 7, 8]


def test_captions_without_holes_are_predicted_at_every_position() -> None:
    packed = pack(np.array([[1, 5, 2], [1, 2, 0]]), null=0)
    assert packed.predicted is None
    assert packed.targets.tolist() == [5, 2, 2]


def test_captions_with_nothing_to_predict_are_left_out() -> None:
    packed = pack(np.array([[1, 0, 0], [1, 5, 0], [0, 0, 0]]), null=0)
    assert packed.rows.tolist() == [1]
    assert packed.words.tolist() == [1]
    nothing = pack(np.array([[1, 0], [0, 0]]), null=0)
    assert nothing.counts == []
    assert len(nothing.words) == len(nothing.targets) == len(nothing.rows) == 0
    assert pack(np.array([[1], [0]]), null=0).counts == []


def test_another_id_may_stand_for_null() -> None:
    packed = pack(np.array([[1, 0, 3]]), null=3)
    assert packed.targets.tolist() == [0]
