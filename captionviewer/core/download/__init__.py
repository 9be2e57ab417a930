"""Getting the COCO data: resumed when broken off, unpacked safely, checked file by file.

`Download` is the whole of it; `python -m captionviewer download` and the window's dialog are two faces of it.
"""

from captionviewer.core.amounts import format_bytes, format_duration
from captionviewer.core.download.download import Download, Downloaded, DownloadRequest
from captionviewer.core.download.download_progress import DownloadProgress, Phase
from captionviewer.core.download.official import OFFICIAL_ADDRESS
from captionviewer.core.download.placing import Unfinished, discard_unfinished, unfinished_download
from captionviewer.core.download.problem import DownloadError, DownloadProblem
from captionviewer.core.download.retry_policy import RetryPolicy

__all__ = [
    "OFFICIAL_ADDRESS",
    "Download",
    "DownloadError",
    "DownloadProblem",
    "DownloadProgress",
    "DownloadRequest",
    "Downloaded",
    "Phase",
    "RetryPolicy",
    "Unfinished",
    "discard_unfinished",
    "format_bytes",
    "format_duration",
    "unfinished_download",
]
