"""The COCO captioning data set: its files, checked as they are read, and questions put to them."""
