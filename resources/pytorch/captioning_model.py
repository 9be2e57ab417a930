"""The captioning network of this folder in PyTorch: the same numbers, the same logits, the same captions.

    python captioning_model.py      # loads the model and compares it with check.json

Needs PyTorch and safetensors (pip install torch safetensors). Written by captionviewer; use it as you like.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

State = tuple[Tensor, Tensor] | Tensor  # (h, c) of an LSTM, h of a vanilla RNN


class CaptioningModel(nn.Module):
    """Features (N, D) start the hidden state; each timestep reads one word and scores the next one."""

    def __init__(
        self, cell_type: str, input_dim: int, wordvec_dim: int, hidden_dim: int, vocab_size: int
    ) -> None:
        super().__init__()
        self.is_lstm = cell_type == "lstm"
        self.project = nn.Linear(input_dim, hidden_dim)
        self.embed = nn.Embedding(vocab_size, wordvec_dim)
        self.cell = (
            nn.LSTMCell(wordvec_dim, hidden_dim) if self.is_lstm else nn.RNNCell(wordvec_dim, hidden_dim)
        )
        self.score = nn.Linear(hidden_dim, vocab_size)

    @classmethod
    def load(cls, folder: Path) -> "CaptioningModel":
        """The model that captionviewer wrote to `folder`."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        sizes = [
            config[name] for name in ("cell_type", "input_dim", "wordvec_dim", "hidden_dim", "vocab_size")
        ]
        model = cls(*sizes).to(getattr(torch, config["dtype"]))
        model.load_state_dict(load_file(folder / "model.safetensors"))
        return model

    def start(self, features: Tensor) -> State:
        """The state before the first word, from features (N, D)."""
        h = self.project(features)
        return (h, torch.zeros_like(h)) if self.is_lstm else h

    def step(self, words: Tensor, state: State) -> tuple[Tensor, State]:
        """Read one word (N,) for each image; logits of the next (N, V), and the new state."""
        state = self.cell(self.embed(words), state)
        return self.score(state[0] if self.is_lstm else state), state

    def forward(self, features: Tensor, captions: Tensor) -> Tensor:
        """Logits (N, T, V) under teacher forcing: at each word of captions (N, T), those of the next word.

        Train with cross_entropy(logits[:, :-1].flatten(0, 1), captions[:, 1:].flatten(), ignore_index=NULL).
        """
        state, logits = self.start(features), []
        for t in range(captions.shape[1]):
            scores, state = self.step(captions[:, t], state)
            logits.append(scores)
        return torch.stack(logits, dim=1)

    @torch.no_grad()
    def greedy(self, features: Tensor, start: int, end: int, null: int, max_length: int = 30) -> Tensor:
        """Greedy captions (N, max_length): the likeliest word at each timestep, `null` after `end`."""
        state = self.start(features)
        words = torch.full((len(features),), start)
        going = torch.ones(len(features), dtype=torch.bool)
        captions = torch.full((len(features), max_length), null)
        for t in range(max_length):
            logits, state = self.step(words, state)
            words = logits.argmax(dim=1)
            captions[:, t] = torch.where(going, words, null)
            going &= words != end
        return captions


def main() -> None:
    """Compare this model with the values that captionviewer computed."""
    folder = Path(__file__).parent
    model = CaptioningModel.load(folder)
    check = json.loads((folder / "check.json").read_text(encoding="utf-8"))
    dtype = next(model.parameters()).dtype
    features = torch.tensor(check["features"], dtype=dtype)
    fed = torch.tensor(check["words_fed"])
    with torch.no_grad():
        logits = model(features, fed)
    difference = (logits - torch.tensor(check["logits"], dtype=dtype)).abs().max().item()
    ids = [check["ids"][word] for word in ("<START>", "<END>", "<NULL>")]
    same = model.greedy(features, *ids, max_length=len(check["captions"][0])).tolist() == check["captions"]
    print(f"logits differ by at most {difference:.1e}; captions are {'the same' if same else 'DIFFERENT'}")


if __name__ == "__main__":
    main()
