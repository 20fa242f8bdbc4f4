"""Archives that people upload (.xlsx, .docx): opened with bounds on everything before anything of them is unpacked."""

import struct
import zlib
from io import BytesIO
from types import TracebackType
from typing import IO, Self
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

MOST_PARTS = 5000
_MOST_DIRECTORY = MOST_PARTS * 300
_ENCRYPTED = 0x1
_TAIL, _LOCATOR = 22, 20

BROKEN = (
    BadZipFile,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,  # encrypted
    ValueError,
    struct.error,
    zlib.error,
)
"""What reading an archive raises if it is damaged or none."""


class TooLarge(ValueError):
    """An archive that holds more than its reader takes."""


class Archive:
    """An archive whose parts together are no larger than ``most`` once unpacked.

    Parameters
    ----------
    data
        The file.
    most
        Largest sum of what its parts say they hold [B]; no part is read past what it says.

    Raises
    ------
    TooLarge
        More parts or more content, or parts that overlap.
    BROKEN
        Other faults: damaged, encrypted, packed in another way than office programs do, a name twice.
    """

    def __init__(self, data: bytes, most: int) -> None:
        _check_directory(data)
        self._zip = ZipFile(BytesIO(data))
        parts = self._zip.infolist()
        self.names = frozenset(part.filename for part in parts)
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > most:
            raise TooLarge
        if sum(part.compress_size for part in parts) > len(data):  # parts that overlap
            raise TooLarge
        if len(self.names) < len(parts) or any(part.flag_bits & _ENCRYPTED for part in parts):
            raise BadZipFile
        if any(part.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for part in parts):
            raise BadZipFile

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def open(self, name: str) -> IO[bytes]:
        """Return a part as a stream."""
        return self._zip.open(name)

    def read(self, name: str) -> bytes:
        """Return a whole part."""
        return self._zip.read(name)


def _check_directory(data: bytes) -> None:
    """Refuse a directory so long that listing it alone would be dear."""
    end = len(data) - _TAIL
    if end < 0 or data[end : end + 4] != b"PK\x05\x06" or data[-2:] != b"\x00\x00":
        end = data.rfind(b"PK\x05\x06", max(0, len(data) - _TAIL - 0xFFFF))
    if end < 0:
        raise BadZipFile
    if data[max(0, end - _LOCATOR) : end].startswith(b"PK\x06\x07"):  # sizes past four gigabytes
        raise TooLarge
    (size,) = struct.unpack_from("<L", data, end + 12)
    if size > _MOST_DIRECTORY:
        raise TooLarge
