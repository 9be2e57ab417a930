"""captionviewer: see how an image-captioning recurrent network works."""

__version__ = "0.1.0"
