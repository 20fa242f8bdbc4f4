"""Files handed in with a milestone: checked by their content, kept by their hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from gongzao import research as rules
from gongzao.kernel import InvalidValue
from gongzao.web.accounts.models import User
from gongzao.web.kit.archives import BROKEN, Archive
from gongzao.web.research import models, services, store
from gongzao.web.research.models import Project

MAX_BYTES = 10 * 1024 * 1024
"""Largest file [bytes]."""
MAX_FILES = 10
MAX_NAME = 200
_MOST_UNPACKED = 1024**3  # what a person's own program may unpack; nothing of it is unpacked here

TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PICTURES = ("png", "jpg")
"""Kinds that a page shows."""
_MAGIC = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff"}
_PARTS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was uploaded."""

    name: str
    content: bytes


def kind_of(content: bytes) -> str | None:
    """Return the kind of a file by its content, or ``None`` if it is none of :data:`TYPES`."""
    for kind, magic in _MAGIC.items():
        if content.startswith(magic):
            return kind
    try:
        with Archive(content, _MOST_UNPACKED) as archive:
            inside = archive.names
    except BROKEN:
        return None
    if "[Content_Types].xml" not in inside or any(part.endswith("vbaProject.bin") for part in inside):
        return None
    return next((kind for kind, part in _PARTS.items() if part in inside), None)


def clean_name(name: str, kind: str) -> str:
    """Return a file's name without folders and control characters, with the ending of its kind."""
    bare = "".join(c for c in name.replace("\\", "/").rsplit("/", 1)[-1] if c.isprintable()).strip(" .")
    stem = bare.rsplit(".", 1)[0] if "." in bare else bare
    return f"{stem[: MAX_NAME - 5] or 'file'}.{kind}"


def is_heic(content: bytes) -> bool:
    """Whether a file is a photo in the format of recent telephones, which browsers do not show."""
    return content[4:8] == b"ftyp" and content[8:12] in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


def checked(file: File) -> tuple[str, str]:
    """Return a file's clean name and its hash.

    Raises
    ------
    InvalidValue
        ``evidence.size``, ``evidence.heic``, ``evidence.kind``, each with what to do.
    """
    if len(file.content) > MAX_BYTES:
        raise InvalidValue(
            "evidence.size",
            en=f"{file.name}: {len(file.content):,} bytes, at most {MAX_BYTES:,}",
            zh=f"{file.name}：{len(file.content):,} 字节，超过上限 {MAX_BYTES:,} 字节；照片请压缩或降低分辨率后再传",
        )
    if is_heic(file.content):
        raise InvalidValue(
            "evidence.heic",
            en=f"{file.name}: a HEIC photo, which browsers do not show; save it as JPEG, or set the camera to JPEG"
            " (iPhone: Settings, Camera, Formats, Most Compatible)",
            zh=f"{file.name}：HEIC 照片，浏览器不能显示；请另存为 JPEG 再传，或在“设置—相机—格式”选“兼容性最佳”",
        )
    kind = kind_of(file.content)
    if kind is None:
        raise InvalidValue(
            "evidence.kind",
            en=f"{file.name}: must be PDF, Word (.docx), Excel (.xlsx), PNG or JPEG by its content, not by its name",
            zh=f"{file.name}：内容须为 PDF、Word（.docx）、Excel（.xlsx）、PNG 或 JPEG，改扩展名不行，请另存后再传",
        )
    return clean_name(file.name, kind), sha256(file.content).hexdigest()


def hand_in(
    project: Project,
    milestone: str,
    party: str,
    files: Sequence[File],
    deliveries: Sequence[rules.Delivery],
    now: datetime,
    *,
    by: User | None,
    seen: int | None = None,
) -> rules.Project:
    """Store the files and hand in the milestone with them, or neither.

    Raises
    ------
    InvalidValue
        ``evidence.size``, ``evidence.heic``, ``evidence.kind``, ``evidence.count``; and what
        :func:`gongzao.web.research.services.submit_milestone` raises.
    """
    if len(files) > MAX_FILES:
        raise InvalidValue("evidence.count", en=f"at most {MAX_FILES} files", zh=f"一次最多提交 {MAX_FILES} 个文件")
    taken = [(file, *checked(file)) for file in files]
    with transaction.atomic():
        store.read_locked(project.pk)  # the same file twice at once must wait, not collide
        known = set(project.evidence.filter(sha256__in=[h for _f, _n, h in taken]).values_list("sha256", flat=True))
        for file, name, digest in {digest: entry for entry in taken if (digest := entry[2])}.values():
            if digest not in known:
                models.Evidence.objects.create(
                    project=project, sha256=digest, name=name, content=file.content, uploaded_by=by, uploaded_at=now
                )
        given = [rules.Evidence(name, digest) for _file, name, digest in taken]
        after = services.submit_milestone(project, milestone, party, given, deliveries, now, by=by, seen=seen)
        models.StagedFile.objects.filter(project=project, user=by).delete()
        return after


def stage(project: Project, files: Sequence[File], now: datetime, *, by: User) -> None:
    """Keep files that were sent with a form that has a fault, for the next try of the same person.

    At most :data:`MAX_FILES` are kept, the last ones; what is older than a day goes.
    """
    rows = models.StagedFile.objects.filter(project=project, user=by)
    with transaction.atomic():
        rows.filter(at__lt=now - timedelta(days=1)).delete()
        for file in files:
            name, digest = checked(file)
            models.StagedFile.objects.get_or_create(
                project=project, user=by, sha256=digest, defaults={"name": name, "content": file.content, "at": now}
            )
        kept = list(rows.order_by("-pk").values_list("pk", flat=True)[:MAX_FILES])
        rows.exclude(pk__in=kept).delete()


def staged(project: Project, now: datetime, *, by: User) -> list[models.StagedFile]:
    """Return what was kept for somebody's next try."""
    rows = models.StagedFile.objects.filter(project=project, user=by, at__gte=now - timedelta(days=1))
    return list(rows.order_by("pk"))
