"""The view Scene: a storybook scene that can be changed, and what the model says of it then."""
