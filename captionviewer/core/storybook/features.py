"""Features from pixels alone, after Coates, Lee and Ng, "An Analysis of Single-Layer Networks in Unsupervised
Feature Learning" (AISTATS 2011).

The picture is made small at two scales. At each, every 6 x 6 patch is whitened and compared with a
dictionary of patches that k-means found in the training pictures: a centroid's activation is how much
nearer than the average centroid it is ("triangle" activation, 0 if it is farther). The picture is cut into
4 x 4 cells, and of each centroid's activations in a cell the largest is kept: these are the raw features,
so that they say what is where. Each is divided by the root of its deviation, so that patches of rare things
count beside those of every sky, and principal components of the training pictures, partly whitened, are
the short ones. What a scene is described by takes no part in any of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from captionviewer.core.arrays import ByteArray

Floats = npt.NDArray[np.float32]

PATCH = 6
CELLS = 4
SCALES = ((40, 30), (20, 15))  # width and height of the small pictures
CENTROIDS = (160, 64)  # of each scale
NOISE = 0.001  # added to the patches' variances before whitening
PCA_WIDTH = 512
WHITENING = 0.5  # the power of a component's deviation that it is divided by
SPREAD = 0.5  # deviation of a short feature, over all columns together


@dataclass(frozen=True)
class Dictionary:
    """One scale's patches: mean (108,), whitening (108, 108) and centroids (K, 108), float32."""

    mean: Floats
    whitening: Floats
    centroids: Floats


@dataclass(frozen=True)
class Components:
    """From raw features (n, D) to short ones: subtract `mean` (D,), multiply by `weights` (D, P)."""

    mean: Floats
    weights: Floats

    def of(self, raw: Floats) -> Floats:
        """Return the short features, (n, P) float32."""
        return np.asarray((raw - self.mean) @ self.weights, dtype=np.float32)


def small_pictures(picture: ByteArray) -> tuple[Floats, ...]:
    """Return a picture at each scale, (rows, columns, 3) float32 from 0 to 1."""
    whole = Image.fromarray(picture)
    return tuple(
        np.asarray(whole.resize(size, Image.Resampling.BOX), dtype=np.float32) / np.float32(255)
        for size in SCALES
    )


def _patches(picture: Floats) -> Floats:
    """Return all patches, (rows, columns, 108)."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, (PATCH, PATCH), axis=(0, 1))
    return np.ascontiguousarray(windows.reshape(*windows.shape[:2], -1))


def learn_dictionary(
    pictures: Sequence[Floats], count: int, rng: np.random.Generator, rounds: int = 10
) -> Dictionary:
    """Find `count` centroids of the patches of some pictures of one scale, by k-means."""
    chosen = rng.choice(len(pictures), size=min(len(pictures), 1200), replace=False)
    drawn = []
    for index in chosen:
        patches = _patches(pictures[int(index)])
        patches = patches.reshape(-1, patches.shape[-1])
        drawn.append(patches[rng.choice(len(patches), size=min(30, len(patches)), replace=False)])
    sample = np.concatenate(drawn)
    mean = sample.mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov(sample.T.astype(np.float64)))
    whitening = ((directions / np.sqrt(np.maximum(variances, 0) + NOISE)) @ directions.T).astype(np.float32)
    sample = (sample - mean) @ whitening
    centroids = sample[rng.choice(len(sample), size=count, replace=len(sample) < count)]
    for _ in range(rounds):
        nearest = np.argmin((centroids**2).sum(axis=1) - 2 * sample @ centroids.T, axis=1)
        for k in range(count):
            members = sample[nearest == k]
            centroids[k] = members.mean(axis=0) if len(members) else sample[int(rng.integers(len(sample)))]
    return Dictionary(mean, whitening, centroids)


def raw_features(pictures: tuple[Floats, ...], dictionaries: Sequence[Dictionary]) -> Floats:
    """Return the raw features of one picture, (sum of centroids x 16,) float32, none below 0."""
    parts = []
    for picture, known in zip(pictures, dictionaries, strict=True):
        patches = (_patches(picture) - known.mean) @ known.whitening
        squares = (patches**2).sum(axis=-1, keepdims=True) - 2 * patches @ known.centroids.T
        distances = np.sqrt(np.maximum(squares + (known.centroids**2).sum(axis=1), 0))
        active = np.maximum(distances.mean(axis=-1, keepdims=True) - distances, 0)
        rows = np.linspace(0, active.shape[0], CELLS + 1).astype(int)
        columns = np.linspace(0, active.shape[1], CELLS + 1).astype(int)
        parts += [
            active[rows[i] : rows[i + 1], columns[j] : columns[j + 1]].max(axis=(0, 1))
            for i in range(CELLS)
            for j in range(CELLS)
        ]
    return np.concatenate(parts)


def learn_components(raw: Floats, width: int = PCA_WIDTH) -> Components:
    """Find the principal components of raw training features (n, D); `width` of them, or n - 1 if fewer."""
    mean = raw.mean(axis=0)
    deviation = raw.std(axis=0)
    weight = 1 / np.sqrt(deviation + np.float32(0.05) * deviation.mean() + np.float32(1e-6))
    centred = ((raw - mean) * weight).astype(np.float64)
    # The smaller of the two Gram matrices has the same components.
    values, sides = np.linalg.eigh(centred @ centred.T)
    width = min(width, len(raw) - 1, raw.shape[1])
    values, sides = values[::-1][:width], sides[:, ::-1][:, :width]
    lengths = np.sqrt(np.maximum(values, 1e-9))
    directions = centred.T @ (sides / lengths)
    # A sign of its own for each, so that every machine finds the same.
    directions *= np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(width)])
    scale = (lengths / np.sqrt(len(raw))) ** (1 - WHITENING)
    scale *= SPREAD / np.sqrt(np.mean(scale**2))
    directions *= scale / (lengths / np.sqrt(len(raw)))
    return Components(mean, (directions * weight[:, None].astype(np.float64)).astype(np.float32))


def all_raw_features(
    small: Sequence[tuple[Floats, ...]],
    dictionaries: Sequence[Dictionary],
    done: Callable[[int], None] = lambda _: None,
) -> Floats:
    """Return the raw features of many pictures, (n, D)."""
    rows = []
    for index, pictures in enumerate(small):
        rows.append(raw_features(pictures, dictionaries))
        done(index + 1)
    return np.stack(rows)
