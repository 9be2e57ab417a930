"""The view States: states and gates along a caption, and what a unit stands for."""
