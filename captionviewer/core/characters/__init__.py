"""Words beside characters, by experiment: both trained from the same captions, and what was measured."""
