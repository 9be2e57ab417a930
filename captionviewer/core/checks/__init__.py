"""The checks of CS231n's captioning notebooks, for our layers, for broken ones and for a student's own."""
