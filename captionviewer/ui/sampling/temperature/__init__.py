"""The view *Temperature*: what temperature, k and p leave of the next word, and captions drawn by it."""
