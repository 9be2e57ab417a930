"""The course's training loop and Adam, written down plainly from the assignment, to be held against ours."""

from typing import Any

import numpy as np

from captionviewer.core.arrays import FloatArray
from captionviewer.core.network.captioning_rnn import CaptioningRNN


def course_adam(x: FloatArray, dx: FloatArray, config: dict[str, Any]) -> tuple[FloatArray, dict[str, Any]]:
    """The captioning assignment's: epsilon beside the root as it is."""
    config.setdefault("learning_rate", 1e-3)
    config.setdefault("beta1", 0.9)
    config.setdefault("beta2", 0.999)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("m", np.zeros_like(x))
    config.setdefault("v", np.zeros_like(x))
    config.setdefault("t", 0)
    beta1, beta2 = config["beta1"], config["beta2"]
    config["t"] += 1
    config["m"] = beta1 * config["m"] + (1 - beta1) * dx
    config["v"] = beta2 * config["v"] + (1 - beta2) * (dx * dx)
    alpha = config["learning_rate"] * np.sqrt(1 - beta2 ** config["t"]) / (1 - beta1 ** config["t"])
    return x - alpha * config["m"] / (np.sqrt(config["v"]) + config["epsilon"]), config


def course_losses(
    model: CaptioningRNN,
    data: dict[str, Any],
    rule: Any,
    config: dict[str, Any],
    batch_size: int,
    num_epochs: int,
    lr_decay: float = 1.0,
) -> list[float]:
    """What the course's solver leaves in its loss_history, drawing from NumPy's global state."""
    configs = {name: dict(config) for name in model.params}
    num_train = data["train_captions"].shape[0]
    iterations_per_epoch = max(num_train // batch_size, 1)
    losses = []
    for t in range(num_epochs * iterations_per_epoch):
        rows = np.random.choice(num_train, batch_size)
        features = data["train_features"][data["train_image_idxs"][rows]]
        loss, grads = model.reference_loss(features, data["train_captions"][rows])
        losses.append(loss)
        for name, w in model.params.items():
            model.params[name], configs[name] = rule(w, grads[name], configs[name])
        if (t + 1) % iterations_per_epoch == 0:
            for each in configs.values():
                each["learning_rate"] *= lr_decay
    return losses
