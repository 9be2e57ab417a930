"""What captions are worth: scores against people's captions, beside baselines, with intervals."""
