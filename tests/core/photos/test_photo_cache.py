"""The disk cache of photos: bounded, shared, never a reason not to show a photo."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from captionviewer.core import atomic_file
from captionviewer.core.photos.cache import CACHE_BYTES, PhotoCache

MB = 1_000_000


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def used_long_ago(cache: PhotoCache, address: str, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(cache._path(address), (moment, moment))


def test_what_is_kept_is_found_again_by_another_window(tmp_path: Path) -> None:
    PhotoCache(tmp_path / "deep" / "photos", MB).put("http://x/a.jpg", b"bytes of a")
    cache = PhotoCache(tmp_path / "deep" / "photos", MB)
    assert cache.get("http://x/a.jpg") == b"bytes of a"
    assert cache.get("http://x/b.jpg") is None
    assert cache.trouble is None


def test_names_of_files_show_nothing_of_the_address(tmp_path: Path) -> None:
    cache = PhotoCache(tmp_path, MB)
    cache.put("http://x/../../etc/passwd\x00", b"a")
    cache.put("http://x/" + "a" * 5000, b"b")
    assert cache.get("http://x/../../etc/passwd\x00") == b"a"
    for file in files(tmp_path):
        assert len(file.name) < 80 and file.stem.isalnum()


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    cache = PhotoCache(tmp_path, 10_500)
    for i in range(10):
        cache.put(f"{i}", bytes(1000))
        used_long_ago(cache, f"{i}", 1000 - i)
    assert cache.get("0") is not None  # reading is using
    cache.put("new", bytes(1000))
    kept = [name for name in [*map(str, range(10)), "new"] if cache.get(name) is not None]
    assert kept == ["0", "3", "4", "5", "6", "7", "8", "9", "new"]
    assert cache.size() <= 10_500


def test_a_folder_filled_by_earlier_windows_is_brought_within_the_bound(tmp_path: Path) -> None:
    before = PhotoCache(tmp_path, MB)
    for i in range(20):
        before.put(f"{i}", bytes(1000))
        used_long_ago(before, f"{i}", 1000 - i)
    now = PhotoCache(tmp_path, 5_500)
    now.put("new", bytes(1000))
    assert now.size() <= 5_500
    assert now.get("new") is not None


def test_a_file_larger_than_the_whole_cache_is_not_kept(tmp_path: Path) -> None:
    cache = PhotoCache(tmp_path, 5000)
    cache.put("small", bytes(100))
    cache.put("large", bytes(6000))
    assert cache.get("large") is None and cache.get("small") == bytes(100)


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "of another program"])
def test_a_damaged_entry_counts_as_not_there_and_is_removed(tmp_path: Path, damage: str) -> None:
    cache = PhotoCache(tmp_path, MB)
    cache.put("a", b"photo" * 100)
    (file,) = files(tmp_path)
    content = bytearray(file.read_bytes())
    if damage == "cut":
        del content[-10:]
    elif damage == "flipped":
        content[200] ^= 1
    elif damage == "emptied":
        content.clear()
    else:
        content[:] = b"something else altogether, and long enough to be one of these" * 3
    file.write_bytes(content)
    assert cache.get("a") is None
    assert files(tmp_path) == []


def test_half_written_files_are_never_read_and_go_when_their_writer_is_dead(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], stdout=subprocess.PIPE)
    alive = tmp_path / atomic_file._temporary_name("a.photo")
    dead = tmp_path / alive.name.replace(f".{os.getpid()}.", f".{int(done.stdout)}.")
    for left in (dead, alive):
        left.write_bytes(b"half")
    cache = PhotoCache(tmp_path, MB)
    cache.put("a", b"photo")
    assert not dead.exists() and alive.exists()
    assert cache.get("a") == b"photo" and cache.usage() == (1, 45)


def test_clearing_forgets_photos_and_nothing_else(tmp_path: Path) -> None:
    cache = PhotoCache(tmp_path, MB)
    cache.put("a", b"photo")
    (tmp_path / "mine.txt").write_text("not of the cache")
    cache.clear()
    assert cache.get("a") is None and cache.size() == 0
    assert [file.name for file in files(tmp_path)] == ["mine.txt"]
    cache.put("a", b"again")
    assert cache.get("a") == b"again"


def test_clearing_is_safe_while_threads_read_and_write(tmp_path: Path) -> None:
    cache = PhotoCache(tmp_path, 50_000)
    done = threading.Event()
    wrong: list[object] = []

    def use(number: int) -> None:
        i = 0
        while not done.is_set():
            i += 1
            address = f"{(number * 7 + i) % 40}"
            found = cache.get(address)
            if found is not None and found != address.encode() * 1000:
                wrong.append(found)
            cache.put(address, address.encode() * 1000)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(30):
        cache.clear()
        time.sleep(0.005)
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert cache.trouble is None
    assert not [file for file in files(tmp_path) if file.suffix == ".part"]


def test_a_folder_that_can_not_be_made_is_a_trouble_told_not_raised(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    cache = PhotoCache(blocked / "photos", MB)
    cache.put("a", b"photo")
    assert cache.get("a") is None
    assert cache.trouble is not None and str(blocked) in cache.trouble
    cache.clear()
    assert cache.size() == 0


def test_a_full_disk_leaves_no_half_written_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    cache = PhotoCache(tmp_path, MB)
    monkeypatch.setattr(Path, "replace", full)
    cache.put("a", b"photo")
    assert cache.trouble is not None and "No space left" in cache.trouble
    assert files(tmp_path) == []


def test_a_link_in_the_cache_folder_is_not_followed_when_room_is_made(tmp_path: Path) -> None:
    if sys.platform == "win32":
        return  # links need a privilege there
    outside = tmp_path / "mine"
    outside.write_bytes(bytes(5000))
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "evil.photo").symlink_to(outside)
    cache = PhotoCache(folder, 3000)
    for i in range(5):
        cache.put(f"{i}", bytes(1000))
    cache.clear()
    assert outside.exists()


def test_programs_that_share_a_folder_keep_its_bound_together(tmp_path: Path) -> None:
    one, other = PhotoCache(tmp_path, 100_000), PhotoCache(tmp_path, 100_000)
    for i in range(150):
        one.put(f"one {i}", bytes(1000))
        other.put(f"other {i}", bytes(1000))
        assert one.size() <= 112_000
    assert other.get("other 149") == bytes(1000)


def test_a_smaller_bound_holds_at_once_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    cache = PhotoCache(tmp_path, MB)
    for i in range(10):
        cache.put(f"{i}", bytes(1000))
        used_long_ago(cache, f"{i}", 100 - i)
    cache.resize(4_000)
    assert [i for i in range(10) if cache.get(f"{i}") is not None] == [7, 8, 9]
    assert cache.usage() == (3, 3 * 1040)
    cache.resize(0)
    cache.put("a", b"photo")
    assert cache.usage() == (0, 0)


def test_the_bound_set_last_holds_for_who_is_not_told_one(tmp_path: Path) -> None:
    assert PhotoCache(tmp_path).max_bytes == CACHE_BYTES
    PhotoCache(tmp_path, 1_000).resize(2_000)
    notebook = PhotoCache(tmp_path)
    for number in range(10):
        notebook.put(f"http://a.example/{number}", bytes(500))
    assert 0 < notebook.size() <= 2_000
    notebook.clear()
    assert PhotoCache(tmp_path).max_bytes == 2_000
    for damage in (b"", b"-1", b"true", b"[" * 90, b"1e3", b'"2"'):
        (tmp_path / "bound.json").write_bytes(damage)
        assert PhotoCache(tmp_path).max_bytes == CACHE_BYTES


def test_a_folder_that_can_only_be_read_still_gives_its_photos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    PhotoCache(tmp_path, MB).put("a", b"photo")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        for module, name in ((os, "utime"), (os, "open"), (Path, "unlink")):
            patch.setattr(module, name, refuse)
        cache = PhotoCache(tmp_path, MB)
        assert cache.get("a") == b"photo"
        cache.put("b", b"photo")
        cache.clear()
        assert cache.trouble is not None and "Read-only" in cache.trouble
        assert cache.get("a") == b"photo"
    cache.put("b", b"photo")
    assert cache.trouble is None  # it passed


def test_photos_are_not_looked_for_in_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "photos").write_bytes(b"in the way")
    cache = PhotoCache(tmp_path / "photos", MB)
    cache.resize(10)
    assert cache.usage() == (0, 0)
