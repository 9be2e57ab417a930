"""The view Scores: how good the model's captions are, beside baselines, and why."""
