"""Numbers as people read them."""

import pytest

from captionviewer.core.amounts import signed


@pytest.mark.parametrize(
    ("value", "digits", "plain", "with_plus"),
    [
        (1.25, 1, "1.2", "+1.2"),
        (-0.414, 2, "\N{MINUS SIGN}0.41", "\N{MINUS SIGN}0.41"),
        (-0.001, 2, "0.00", "+0.00"),
        (0.0, 0, "0", "+0"),
    ],
)
def test_a_signed_number_has_a_real_minus_and_no_negative_zero(
    value: float, digits: int, plain: str, with_plus: str
) -> None:
    assert (signed(value, digits), signed(value, digits, plus=True)) == (plain, with_plus)
