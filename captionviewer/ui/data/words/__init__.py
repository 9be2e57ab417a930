"""Words and frequency: views of the statistics, of the words of the data and of those that a model knows."""
