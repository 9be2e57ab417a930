"""The captioning network: an image's features start a recurrent network that writes a sentence."""

import copy
import math
from collections import deque
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.vocabulary import END, NULL, START
from captionviewer.core.network import layers
from captionviewer.core.network.cells import CELLS, CellType
from captionviewer.core.network.fast_step import loss_and_gradients
from captionviewer.core.network.inference import greedy_captions
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.network.parameter_shapes import parameter_shapes
from captionviewer.core.network.workspace import MOVED, Interrupt, Workspace, copied, never

_WORKSPACE_KEPT = 512 << 20  # bytes; what a larger minibatch needed is given back after it


class CaptioningRNN:
    """A network that captions images: a vanilla RNN or an LSTM, conditioned on the image's features.

    The features (D) are projected to the first hidden state (H); at each timestep the network reads the
    vector (W) of one word and scores every word (V) of the vocabulary as the next one. After Karpathy
    and Fei-Fei, "Deep visual-semantic alignments for generating image descriptions", CVPR 2015.

    Attributes
    ----------
    params
        name -> array. W_proj (D, H), b_proj (H,), W_embed (V, W), Wx (W, H or 4H),
        Wh (H, H or 4H), b (H or 4H,), W_vocab (H, V), b_vocab (V,). Any of them may be replaced or
        rewritten between calls.
    word_to_idx, idx_to_word
        the vocabulary, both ways.
    input_dim, wordvec_dim, hidden_dim
        D, W and H.
    cell_type
        "rnn" or "lstm".
    dtype
        of the parameters made here, float32 or float64.

    `_null`, `_start` and `_end` are the ids of those words (None where the vocabulary lacks one), as in the
    course's class.
    """

    def __init__(
        self,
        word_to_idx: Mapping[str, int],
        input_dim: int = 512,
        wordvec_dim: int = 128,
        hidden_dim: int = 128,
        cell_type: CellType = "rnn",
        dtype: npt.DTypeLike = np.float32,
        *,
        rng: np.random.Generator | None = None,
        interrupt: Interrupt = never,
    ) -> None:
        """Draw the first values of the parameters.

        Parameters
        ----------
        word_to_idx
            the vocabulary; `<NULL>` is needed, `<START>` and `<END>` only to sample.
        input_dim, wordvec_dim, hidden_dim
            the sizes D, W and H.
        cell_type
            "rnn" or "lstm".
        dtype
            float32 or float64.
        rng
            draws the values; None takes NumPy's global state, as the notebook does.
        interrupt
            called now and then while a large model is drawn; what it raises ends that.

        Raises
        ------
        ValueError
            a cell type or dtype not among those, a size below 1, or no `<NULL>`.
        """
        if cell_type not in CELLS:
            raise ValueError(f"cell_type is {' or '.join(map(repr, CELLS))}, not {cell_type!r}")
        if np.dtype(dtype) not in (np.dtype(np.float32), np.dtype(np.float64)):
            raise ValueError(f"dtype is float32 or float64, not {np.dtype(dtype)}")
        sizes = {"input_dim": input_dim, "wordvec_dim": wordvec_dim, "hidden_dim": hidden_dim}
        for name, size in sizes.items():
            if size < 1:
                raise ValueError(f"{name} is at least 1, not {size}")
        if NULL not in word_to_idx:
            raise ValueError(f"the vocabulary has no {NULL}, the word that pads short captions")
        self.dtype = np.dtype(dtype)
        self.cell_type: CellType = cell_type
        self.word_to_idx = dict(word_to_idx)
        self.idx_to_word = {index: word for word, index in word_to_idx.items()}
        self.input_dim, self.wordvec_dim, self.hidden_dim = map(int, sizes.values())
        self._null = word_to_idx[NULL]
        self._start, self._end = word_to_idx.get(START), word_to_idx.get(END)

        # One for each call of `loss` at a time: taken out, used, put back, so threads do not meet in one.
        self._idle_workspaces: deque[Workspace] = deque(maxlen=2)

        shapes = self._shapes()

        def normal(name: str, scale: float) -> FloatArray:
            rows, columns = shapes[name]
            values: FloatArray = np.empty((rows, columns), self.dtype)
            some = max(1, MOVED // columns)
            for start in range(0, rows, some):  # in pieces the same numbers come as at once
                interrupt()
                n = min(some, rows - start)
                drawn = np.random.randn(n, columns) if rng is None else rng.standard_normal((n, columns))
                np.multiply(drawn, scale, out=drawn)
                values[start : start + n] = drawn
            return values

        # The order in which these are drawn is the notebook's: the same np.random.seed, the same model.
        drawn = {
            "W_embed": normal("W_embed", 1 / 100),
            "W_proj": normal("W_proj", 1 / math.sqrt(self.input_dim)),
            "Wx": normal("Wx", 1 / math.sqrt(self.wordvec_dim)),
            "Wh": normal("Wh", 1 / math.sqrt(self.hidden_dim)),
            "W_vocab": normal("W_vocab", 1 / math.sqrt(self.hidden_dim)),
        }
        self.params: dict[str, FloatArray] = {
            name: drawn[name] if name in drawn else np.zeros(shape, self.dtype)
            for name, shape in shapes.items()
        }

    @classmethod
    def of_params(
        cls, word_to_idx: Mapping[str, int], params: Mapping[str, FloatArray], cell_type: CellType
    ) -> "CaptioningRNN":
        """A model of these parameters, which become its own: nothing is drawn and nothing is copied.

        Its sizes are those of `W_proj` (D, H) and `W_embed` (V, W), its dtype is that of `W_proj`.

        Raises
        ------
        ValueError
            as for a new model, or a parameter is missing or of another shape.
        """
        dtype = params["W_proj"].dtype
        model = cls(word_to_idx, 1, 1, 1, cell_type, dtype, rng=np.random.default_rng(0))
        model.input_dim, model.hidden_dim = params["W_proj"].shape
        model.wordvec_dim = params["W_embed"].shape[1]
        model.params = {name: params[name] for name in model.params}
        model.checked_params()
        return model

    def __repr__(self) -> str:
        return (
            f"CaptioningRNN({self.cell_type}, vocabulary {len(self.word_to_idx)}, input {self.input_dim}, "
            f"wordvec {self.wordvec_dim}, hidden {self.hidden_dim}, {self.dtype})"
        )

    @property
    def num_parameters(self) -> int:
        """How many numbers training adjusts."""
        return sum(np.size(value) for value in self.params.values())

    @property
    def workspace_bytes(self) -> int:
        """What the arrays take that `loss` works in and keeps for the next call."""
        return sum(workspace.nbytes for workspace in self._idle_workspaces)

    def give_back_workspaces(self) -> None:
        """Let go of the arrays that are kept for the next loss, where none is expected soon."""
        self._idle_workspaces.clear()

    def copy(self, interrupt: Interrupt = never) -> "CaptioningRNN":
        """A model with the same values in arrays of its own: nothing done to one reaches the other.

        `interrupt` is called now and then while a large model is copied; what it raises ends that.
        """
        twin = copy.copy(self)
        twin.params = {name: copied(np.asarray(value), interrupt) for name, value in self.params.items()}
        twin.word_to_idx = dict(self.word_to_idx)
        twin.idx_to_word = dict(self.idx_to_word)
        return twin

    def __getstate__(self) -> dict[str, object]:
        # For copies of any kind: the arrays kept for speed are this model's alone.
        return {name: value for name, value in self.__dict__.items() if name != "_idle_workspaces"}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._idle_workspaces = deque(maxlen=2)

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        return parameter_shapes(
            self.cell_type, len(self.word_to_idx), self.input_dim, self.wordvec_dim, self.hidden_dim
        )

    def checked_params(self) -> dict[str, FloatArray]:
        """The parameters as they are now, all of one dtype: the widest among them, float32 at least.

        Arrays that have that dtype already are the model's own, not copies.

        Raises
        ------
        ValueError
            one is missing or has another shape than the model's sizes ask for.
        """
        params: dict[str, FloatArray] = {}
        for name, shape in self._shapes().items():
            if name not in self.params:
                raise ValueError(f"the model's params lack {name!r}")
            params[name] = value = np.asarray(self.params[name])
            if value.shape != shape:
                raise ValueError(f"params[{name!r}] has shape {value.shape}, and {shape} is needed")
        dtype = np.result_type(np.float32, *params.values())
        return {name: value.astype(dtype, copy=False) for name, value in params.items()}

    def checked_features(self, features: FloatArray) -> FloatArray:
        """The features as an array (N, D).

        Raises
        ------
        ValueError
            they have another shape, or no rows.
        """
        features = np.asarray(features)
        if features.ndim != 2 or features.shape[1] != self.input_dim or len(features) == 0:
            raise ValueError(
                f"features have shape {features.shape}, and (N, {self.input_dim}) is needed, N >= 1"
            )
        return features

    def checked_captions(self, captions: IntArray, N: int) -> IntArray:
        """The captions as an integer array (N, T), T >= 1.

        Raises
        ------
        ValueError
            another shape, not integers, or an id outside the vocabulary.
        """
        captions = np.asarray(captions)
        if captions.ndim != 2 or len(captions) != N or captions.shape[1] == 0:
            raise ValueError(
                f"captions have shape {captions.shape}, and ({N}, T) with T at least 1 is needed"
            )
        if not np.issubdtype(captions.dtype, np.integer):
            raise ValueError(f"captions are word ids, so integers, not {captions.dtype}")
        V = len(self.word_to_idx)
        low, high = int(captions.min()), int(captions.max())
        if low < 0 or high >= V:
            raise ValueError(
                f"captions hold the id {low if low < 0 else high}: the vocabulary's are 0 to {V - 1}"
            )
        return captions

    def loss(self, features: FloatArray, captions: IntArray) -> tuple[float, dict[str, FloatArray]]:
        """The loss of a minibatch under teacher forcing, and its gradients.

        The input at each timestep is the right word of the caption (captions[:, :-1]), the target the
        word after it (captions[:, 1:]). Targets that are `<NULL>` are not counted; as an input, a
        `<NULL>` is a word like others, wherever it stands.

        Parameters
        ----------
        features
            (N, D).
        captions
            (N, T) word ids; `<START>`, the words, `<END>`, padded with `<NULL>`.

        Returns
        -------
        The loss in nats a caption (summed over time, averaged over N), and for each name in params
        the gradient, an array of its own with the parameter's shape and dtype (the widest among the
        parameters, where that one holds integers).

        Raises
        ------
        ValueError
            features, captions or a parameter of the wrong shape; ids outside the vocabulary.
        """
        grads = {name: np.empty_like(value) for name, value in self.checked_params().items()}
        loss = self.loss_into(features, captions, grads)
        return loss, self._in_their_dtypes(grads)

    def _in_their_dtypes(self, grads: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        dtypes = {name: np.asarray(self.params[name]).dtype for name in grads}
        return {
            name: grad.astype(dtypes[name], copy=False) if dtypes[name].kind == "f" else grad
            for name, grad in grads.items()  # a gradient of whole numbers would be none
        }

    def loss_into(
        self,
        features: FloatArray,
        captions: IntArray,
        grads: Mapping[str, FloatArray],
        interrupt: Interrupt | None = None,
    ) -> float:
        """The same as `loss`, with the gradients written into arrays of the caller's.

        Parameters
        ----------
        features, captions
            as for `loss`.
        grads
            for each parameter an array of its shape, overwritten.
        interrupt
            called now and then; what it raises ends the call, with nothing of worth in `grads`.

        Returns
        -------
        The loss in nats a caption.
        """
        features = self.checked_features(features)
        captions = self.checked_captions(captions, len(features))
        params = self.checked_params()
        try:
            workspace = self._idle_workspaces.pop()
        except IndexError:
            workspace = Workspace()
        with one_library_thread() as helped:
            loss = loss_and_gradients(
                self.cell_type,
                params,
                features,
                captions,
                self._null,
                grads,
                workspace,
                interrupt or never,
                helped=helped,
            )
        if workspace.nbytes <= _WORKSPACE_KEPT:
            self._idle_workspaces.append(workspace)
        return loss

    def reference_loss(self, features: FloatArray, captions: IntArray) -> tuple[float, dict[str, FloatArray]]:
        """The same as `loss`, from the readable layers: slower, and what `loss` is tested against."""
        features = self.checked_features(features)
        captions = self.checked_captions(captions, len(features))
        params = self.checked_params()
        features = features.astype(params["Wx"].dtype, copy=False)
        inputs, targets = captions[:, :-1], captions[:, 1:]
        mask = targets != self._null
        if not mask.any():
            return 0.0, self._in_their_dtypes({name: np.zeros_like(value) for name, value in params.items()})
        cell = CELLS[self.cell_type]

        h0, proj_cache = layers.affine_forward(features, params["W_proj"], params["b_proj"])  # (N, H)
        x, embed_cache = layers.word_embedding_forward(inputs, params["W_embed"])  # (N, T, W)
        h, cell_cache = cell.forward(x, h0, params["Wx"], params["Wh"], params["b"])  # (N, T, H)
        scores, vocab_cache = layers.temporal_affine_forward(h, params["W_vocab"], params["b_vocab"])
        loss, dscores = layers.temporal_softmax_loss(scores, targets, mask)  # both (N, T, V)

        grads: dict[str, FloatArray] = {}
        dh, grads["W_vocab"], grads["b_vocab"] = layers.temporal_affine_backward(dscores, vocab_cache)
        dx, dh0, grads["Wx"], grads["Wh"], grads["b"] = cell.backward(dh, cell_cache)
        grads["W_embed"] = layers.word_embedding_backward(dx, embed_cache)
        _, grads["W_proj"], grads["b_proj"] = layers.affine_backward(dh0, proj_cache)
        return loss, self._in_their_dtypes(grads)

    def sample(self, features: FloatArray, max_length: int = 30, *, interrupt: Interrupt = never) -> IntArray:
        """Caption images greedily: at each timestep the likeliest word, which is the next input.

        Parameters
        ----------
        features
            (N, D).
        max_length
            words at most, `<END>` included.
        interrupt
            called before each timestep; what it raises ends the call.

        Returns
        -------
        (N, max_length) word ids; the first is the first word after `<START>`, and after `<END>`
        there is only `<NULL>`.

        Raises
        ------
        ValueError
            the vocabulary has no `<START>` or no `<END>`, features of the wrong shape, or
            max_length below 1.
        """
        params, features = self.checked_params(), self.checked_features(features)
        return greedy_captions(params, self.cell_type, features, self.word_to_idx, max_length, interrupt)


# As they stand here, whatever is put in their place later.
_OURS = (CaptioningRNN.loss, CaptioningRNN.loss_into)


def has_our_loss(model: CaptioningRNN) -> bool:
    """Whether `model.loss` is the one of this module, about these parameters and no others.

    It is not where a subclass overrides it, where it was replaced on the object or on the class, or where
    there are params that it knows nothing of.
    """
    kind = type(model)
    ours = (kind.loss, kind.loss_into) == _OURS and not {"loss", "loss_into"} & vars(model).keys()
    return ours and model.params.keys() == model._shapes().keys()
