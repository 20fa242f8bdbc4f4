"""Copy the front-end files that pages use from node_modules to var/vendor, ready to be served locally."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = Path(os.environ.get("GONGZAO_VAR") or ROOT / "var") / "vendor"
FILES = (
    "@tabler/core/dist/css/tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js",
    "echarts/dist/echarts.min.js",
    "htmx.org/dist/htmx.min.js",
)
SOURCE_MAP = re.compile(rb"/[/*][#@] sourceMappingURL=[^\s*]+(?: \*/)?")


def main() -> None:
    """Copy every file; source maps are not shipped, so the references to them are cut off."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        source = ROOT / "node_modules" / name
        (TARGET / source.name).write_bytes(SOURCE_MAP.sub(b"", source.read_bytes()))


if __name__ == "__main__":
    main()
