"""Kernels are ready before any search is timed, so that a fresh checkout tests as a used one does."""

import pytest

from gongzao.scheduling.prepare import prepare


@pytest.fixture(scope="session", autouse=True)
def kernels() -> None:
    prepare()
