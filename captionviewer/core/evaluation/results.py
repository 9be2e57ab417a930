"""Scores and captions in the forms that other programs read."""

import csv
import io
import json
import math
import re
from collections.abc import Sequence

from captionviewer.core.coco.dataset import CocoDataset, PhotoRecord
from captionviewer.core.coco.folder_layout import Split
from captionviewer.core.evaluation.metrics import METRICS
from captionviewer.core.evaluation.scorecard import Scorecard
from captionviewer.core.evaluation.sentences import Sentences

_NUMBER_IN_NAME = re.compile(r"([0-9]+)\.[^./]+\Z")


def image_id(record: PhotoRecord) -> int:
    """COCO's id of a photo: the number that its file name ends with, or its row where the data has no names.

    "val2014/COCO_val2014_000000229358.jpg" is 229358; the storybook's names have its own numbers.
    """
    found = _NUMBER_IN_NAME.search(record.file_name or "")
    return int(found[1]) if found else record.row


def coco_results(dataset: CocoDataset, split: Split, rows: Sequence[int], captions: Sentences) -> str:
    """Captions of photos in COCO's result format, JSON: what pycocoevalcap and COCO's server read."""
    results = [
        {
            "image_id": image_id(dataset.split(split).record(int(row))),
            "caption": captions.text(i, dataset.vocabulary),
        }
        for i, row in enumerate(rows)
    ]
    return json.dumps(results, indent=1, ensure_ascii=False) + "\n"


def scores_csv(card: Scorecard) -> str:
    """The table as CSV: a line a row, each score with its interval, and in the last line how it was made."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    header = ["row"]
    for metric in METRICS:
        header.append(metric.title)
        if metric.of_photos and card.draws:
            header += [f"{metric.title} low", f"{metric.title} high"]
    writer.writerow(header)
    for row in card.rows:
        cells = [row.title]
        for metric in METRICS:
            cells.append(_number(row.values[metric.key]))
            if metric.of_photos and card.draws:
                between = row.intervals.get(metric.key)
                cells += ["", ""] if between is None else [_number(between.low), _number(between.high)]
        writer.writerow(cells)
    writer.writerow([card.made])
    return text.getvalue()


def photos_csv(card: Scorecard) -> str:
    """Each photo's own values and captions as CSV: a line a photo and row of the table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    metrics = [metric for metric in METRICS if metric.of_photos]
    writer.writerow(["image_id", "row", *(metric.title for metric in metrics), "caption"])
    photos = card.photos
    for i, photo in enumerate(photos.rows):
        number = image_id(photos.dataset.split(photos.split).record(int(photo)))
        for row in card.rows:
            values = [_number(float(row.of_photos[metric.key][i])) for metric in metrics]
            writer.writerow([number, row.title, *values, row.captions.text(i, photos.dataset.vocabulary)])
    return text.getvalue()


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"
