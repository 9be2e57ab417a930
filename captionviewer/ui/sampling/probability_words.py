"""How probabilities are written for people."""

import math

from captionviewer.core.amounts import signed

_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def percent(probability: float) -> str:
    """Return a probability as a percentage of about three digits: "41.2 %", "0.38 %", "< 0.01 %"."""
    share = 100.0 * probability
    if not math.isfinite(share):
        return "not a number"
    if share == 0.0:
        return "0 %"
    if share < 0.01:
        return "< 0.01 %"
    return f"{share:.1f} %" if share >= 1.0 else f"{share:.2f} %"


def p_words(probability: float) -> str:
    """Return "p = 41.2 %", or "p < 0.01 %" where it is less than is written."""
    words = percent(probability)
    return f"p {words}" if words.startswith("<") else f"p = {words}"


def small_probability(log_probability: float) -> str:
    """Return the probability of a whole caption from its ln p: "12.4 %", "3.1 × 10⁻⁷"."""
    if not math.isfinite(log_probability):
        return "0" if log_probability == -math.inf else "not a number"
    if log_probability >= math.log(0.001):
        return percent(math.exp(log_probability))
    power = log_probability / math.log(10.0)
    exponent = math.floor(power)
    digits = f"{10.0 ** (power - exponent):.1f}"
    if digits == "10.0":  # 9.96 rounded up
        digits, exponent = "1.0", exponent + 1
    return f"{digits} × 10{str(exponent).translate(_SUPERSCRIPT)}"


def nats(value: float) -> str:
    """Return a logarithm of a probability, or its negative, with one decimal."""
    return signed(value, 1)
