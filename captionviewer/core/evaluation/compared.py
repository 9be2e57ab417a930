"""What every score is made of: captions of some photos compared with what people said of them."""

from dataclasses import dataclass

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.evaluation.sentences import References


@dataclass(frozen=True)
class ComparedCaptions:
    """The captions of N photos beside their R references, counted once for all scores.

    Attributes
    ----------
    in_references
        (4, T, R) how often the n-gram of 1 to 4 words that begins at each position of the photo's caption
        stands in each reference.
    in_caption
        (4, T, N) how often it stands in the caption itself.
    common
        (R,) length of the longest common subsequence of a photo's caption and each reference.
    similar
        (R,) how alike they are as weighted counts of n-grams, of `cider.similarities`.
    lengths
        (N,) words of the captions.
    references
        of the N photos, R in all.
    """

    in_references: IntArray
    in_caption: IntArray
    common: IntArray
    similar: FloatArray
    lengths: IntArray
    references: References
