"""captionviewer: see how an image-captioning recurrent network works."""

from captionviewer.blas_kernels import choose_kernels

__version__ = "0.1.0"

choose_kernels()  # here, because it must come before NumPy is first imported
