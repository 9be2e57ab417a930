"""What the benchmarks share: captions to time with, and timing in turn."""
