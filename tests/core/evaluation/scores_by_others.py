"""What pycocoevalcap 1.2 and sacrebleu say of the captions that the tests score.

    python -m tests.core.evaluation.scores_by_others WHEEL [--coco FOLDER] [--write]

WHEEL is that of pycocoevalcap 1.2 (`pip download --no-deps pycocoevalcap==1.2`; 104 MB, most of it Java), of
which only the three modules that need no Java are run. FOLDER is the coco-mini folder. Without --write the
values are compared with those that the tests hold; with it they are written there. Needs sacrebleu (the extra
"bench"). `make oracle` does it all.
"""

import argparse
import hashlib
import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import sacrebleu

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.storybook.scenes import scene
from captionviewer.core.storybook.sentences import captions
from tests.core.evaluation.corpora import (
    FACTS,
    RANDOM_CORPORA,
    Corpus,
    coco_corpus,
    facts,
    random_corpus,
    storybook_corpus,
    weighted,
)

SCENES = 40


def by_pycocoevalcap(corpus: Corpus) -> dict[str, Any]:
    """The values of the whole, and one number of each photo's own."""
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    said = {i: [" ".join(words)] for i, words in enumerate(corpus.captions)}
    told = {i: [" ".join(words) for words in photo] for i, photo in enumerate(corpus.references)}
    bleu, photo_bleu = Bleu(4).compute_score(told, said, verbose=0)
    rouge, photo_rouge = Rouge().compute_score(told, said)
    cider, photo_cider = Cider().compute_score(told, said)
    return {
        "bleu": [float(value) for value in bleu],
        "rouge_l": float(rouge),
        "cider_d": float(cider),
        "photos": [weighted(values) for values in (*photo_bleu, photo_rouge, photo_cider)],
    }


def by_sacrebleu(corpus: Corpus) -> list[float]:
    """BLEU-1 to BLEU-4."""
    said = [" ".join(words) for words in corpus.captions]
    most = max(len(photo) for photo in corpus.references)
    told = [
        [" ".join(photo[k]) if k < len(photo) else None for photo in corpus.references] for k in range(most)
    ]
    return [
        sacrebleu.BLEU(tokenize="none", smooth_method="none", max_ngram_order=n, force=True)
        .corpus_score(said, told)  # None: no such reference
        .score
        / 100
        for n in range(1, 5)
    ]


def both(corpus: Corpus) -> dict[str, Any]:
    return {**by_pycocoevalcap(corpus), "sacrebleu": by_sacrebleu(corpus)}


def computed(coco: Path | None) -> dict[str, Any]:
    sentences = [[caption.text for caption in captions(scene("val", number))] for number in range(SCENES)]
    result: dict[str, Any] = {
        "sentences": sentences,  # of the storybook, kept here: the book may be written anew
        "storybook": both(storybook_corpus(sentences)),
        "random": [by_pycocoevalcap(random_corpus(seed)) for seed in range(RANDOM_CORPORA)],
    }
    if coco is not None:
        with CocoDataset.open(coco) as dataset:
            digest = hashlib.sha256((coco / "coco2014_captions.h5").read_bytes()).hexdigest()
            result["coco-mini"] = {**both(coco_corpus(dataset)), "sha256": digest}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="Ask other programs for the scores that the tests expect.")
    parser.add_argument("wheel", type=Path, help="of pycocoevalcap 1.2")
    parser.add_argument("--coco", type=Path, help="the coco-mini folder")
    parser.add_argument("--write", action="store_true", help="write the values into the tests")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as unpacked, zipfile.ZipFile(args.wheel) as wheel:
        parts = ("bleu", "rouge", "cider")
        names = [
            name for name in wheel.namelist() if name.startswith(tuple(f"pycocoevalcap/{p}/" for p in parts))
        ]
        wheel.extractall(unpacked, names)
        sys.path.insert(0, unpacked)
        known, found = facts() if FACTS.exists() else {}, computed(args.coco)
    if args.write:
        FACTS.write_text(json.dumps({**known, **found}, indent=0) + "\n", encoding="utf-8")
        print(f"written: {FACTS}")
        return
    for name in found:
        if name == "random":
            differences = [difference(a, b) for a, b in zip(known[name], found[name], strict=True)]
            print(f"{len(differences)} random corpora: {max(differences):.1e}")
        elif name != "sentences":
            print(f"{name}: {difference(known[name], found[name]):.1e}")


def difference(a: dict[str, Any], b: dict[str, Any]) -> float:
    """The greatest, over all values."""
    return max(float(np.abs(np.subtract(a[key], b[key])).max()) for key in a if key != "sha256")


if __name__ == "__main__":
    main()
