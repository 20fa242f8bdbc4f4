"""The secret key of an installation: made on first start, kept outside the repository."""

import os
import secrets
import tempfile
from pathlib import Path


def secret_key(path: Path) -> str:
    """Return the key in ``path``, making it (readable by its owner only) when it does not exist.

    Several processes may start at once: the key is written whole under another name and linked into place, so
    all of them read the first one.
    """
    if not path.exists():
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            os.link(name, path)
        except FileExistsError:
            pass
        finally:
            Path(name).unlink()
    return path.read_text()
