"""Getting the COCO data: resumed when broken off, unpacked safely, checked file by file.

`Download` is the whole of it; `python -m captionviewer download` and the window's dialog are two faces of it.
"""

from captionviewer.core.amounts import bytes_words, seconds_words
from captionviewer.core.download.download import Download, Downloaded, DownloadRequest
from captionviewer.core.download.official import OFFICIAL_ADDRESS
from captionviewer.core.download.patience import Manner
from captionviewer.core.download.placing import Unfinished, discard_unfinished, unfinished_download
from captionviewer.core.download.problem import DownloadError, DownloadProblem
from captionviewer.core.download.progress import DownloadProgress, Phase

__all__ = [
    "OFFICIAL_ADDRESS",
    "Download",
    "DownloadError",
    "DownloadProblem",
    "DownloadProgress",
    "DownloadRequest",
    "Downloaded",
    "Manner",
    "Phase",
    "Unfinished",
    "bytes_words",
    "discard_unfinished",
    "seconds_words",
    "unfinished_download",
]
