"""Files are written whole or not at all, where they may be, and text says how it is encoded."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from gongzao.kernel import InvalidInput, read_text, require_writable, write_files
from gongzao.kernel.files import _move


def refused(error: pytest.ExceptionInfo[InvalidInput]) -> str:
    return error.value.problems[0].code


def names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}


@pytest.mark.parametrize(("encoding", "said"), [("gb18030", "GBK"), ("utf-16", "UTF-16"), ("latin-1", "is not UTF-8")])
def test_text_in_another_encoding_is_refused_by_its_name(tmp_path: Path, encoding: str, said: str) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(("é 1é" if encoding == "latin-1" else '{"name": "车床"}').encode(encoding))
    with pytest.raises(InvalidInput, match=said) as error:
        read_text(file)
    assert refused(error) == "file.encoding"


def test_a_byte_order_mark_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfa\r\n")
    assert read_text(tmp_path / "a") == "a\r\n"
    with pytest.raises(InvalidInput) as error:
        read_text(tmp_path)
    assert refused(error) == "file.unreadable"


def test_text_and_bytes_are_written_as_they_are_and_nothing_else_stays(tmp_path: Path) -> None:
    write_files({tmp_path / "甲.txt": "一\n", tmp_path / "b.bin": b"\r\n\0"})
    assert (tmp_path / "甲.txt").read_bytes() == "一\n".encode()
    assert (tmp_path / "b.bin").read_bytes() == b"\r\n\0"
    assert names(tmp_path) == {"甲.txt", "b.bin"}


def test_a_file_keeps_its_mode_and_a_new_one_has_the_usual(tmp_path: Path) -> None:
    old, new, other = tmp_path / "old", tmp_path / "new", tmp_path / "other"
    old.write_text("1")
    old.chmod(0o640)
    other.write_text("")
    write_files({old: "2", new: "2"})
    assert (old.read_text(), stat.S_IMODE(old.stat().st_mode)) == ("2", 0o640)
    assert new.stat().st_mode == other.stat().st_mode


def test_links_are_followed_also_to_what_does_not_exist_yet(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for name, target in (("link", "old"), ("ahead", "there/new")):
        (tmp_path / name).symlink_to(target)
    (tmp_path / "old").write_text("1")
    write_files({tmp_path / "link": "2", tmp_path / "ahead": "3"})
    assert (tmp_path / "link").is_symlink()
    assert ((tmp_path / "old").read_text(), (tmp_path / "there" / "new").read_text()) == ("2", "3")
    (tmp_path / "round").symlink_to("round")
    with pytest.raises(InvalidInput):
        write_files({tmp_path / "round": ""})


def test_devices_and_pipes_are_written_through(tmp_path: Path) -> None:
    null = Path(os.devnull)
    before = null.stat()
    write_files({null: "text"})
    assert (null.stat().st_mode, null.stat().st_rdev) == (before.st_mode, before.st_rdev)
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    write_files({pipe: "through"})
    reader.join()
    assert got == ["through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_what_cannot_be_written_is_said_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, code in (
        (tmp_path / "none" / "a", "file.no_folder"),
        (tmp_path / "file" / "a", "file.unwritable"),
        (tmp_path, "file.folder"),
    ):
        with pytest.raises(InvalidInput) as error:
            require_writable([path])
        assert refused(error) == code
    assert names(tmp_path) == {"file"}


def test_the_input_is_never_the_output_whatever_it_is_called(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_text("1")
    (tmp_path / "soft").symlink_to("in")
    (tmp_path / "hard").hardlink_to(source)
    for name in ("in", "soft", "hard", "../" + tmp_path.name + "/in"):
        with pytest.raises(InvalidInput) as error:
            require_writable([tmp_path / "out", tmp_path / name], [source])
        assert refused(error) == "file.is_input"
    with pytest.raises(InvalidInput) as error:
        require_writable([tmp_path / "out", tmp_path / "." / "out"])
    assert refused(error) == "file.twice"
    require_writable([Path(os.devnull), Path(os.devnull)], [source])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_of_two_files_both_are_written_or_neither(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(InvalidInput) as error:
        write_files({tmp_path / "a": "new", Path("/dev/full"): "new"})
    assert refused(error) == "file.unwritable"
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == {"a"}


def test_a_move_that_fails_puts_back_what_was_moved_before(tmp_path: Path) -> None:
    a, b, part = tmp_path / "a", tmp_path / "b", tmp_path / "part"
    a.write_text("old")
    part.write_text("new")
    with pytest.raises(FileNotFoundError):
        _move({a: part, b: tmp_path / "missing"})
    assert a.read_text() == "old"
    assert names(tmp_path) == {"a"}


WRITER = """
import sys
from pathlib import Path
from gongzao.kernel import write_files
for _ in range(60):
    write_files({Path(sys.argv[1]): sys.argv[2] * 20_000})
"""


def test_two_writers_leave_one_of_the_two_texts_at_any_time(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_files({path: "x" * 20_000})
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), c]) for c in "xy"]
    seen = set()
    while any(w.poll() is None for w in writers):
        seen.add(path.read_text())
    assert [w.returncode for w in writers] == [0, 0]
    assert seen <= {"x" * 20_000, "y" * 20_000}
    assert names(tmp_path) == {"a"}
