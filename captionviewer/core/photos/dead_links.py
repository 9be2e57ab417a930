"""How many of the photos' own links are dead, among those that answered so far."""

import hashlib
import threading


class DeadLinks:
    """Counts each address once, as it answered last. Thread-safe; a few bytes an address."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dead: dict[bytes, bool] = {}  # by digest
        self._num_dead = 0

    def note(self, url: str, *, dead: bool) -> None:
        """Note what an address answered: a photo, or that there is none any more."""
        digest = hashlib.blake2b(url.encode("utf-8", "surrogatepass"), digest_size=12).digest()
        with self._lock:
            self._num_dead += dead - self._dead.get(digest, False)
            self._dead[digest] = dead

    def counts(self) -> tuple[int, int]:
        """Return how many are dead, of how many that answered."""
        with self._lock:
            return self._num_dead, len(self._dead)
