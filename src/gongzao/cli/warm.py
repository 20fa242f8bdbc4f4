"""Kernels made ready before a command searches."""

import os
import sys
from threading import Event, Thread

from gongzao.cli.output import console

FIRST = (
    "首次运行：正在编译，约需一两分钟，不计入时间限制 · first run of this version: compiling, a minute or two, "
    "not counted into the time limit …"
)
NOWHERE = (
    "没有可写的缓存文件夹，每次运行都要重新编译；可用环境变量 NUMBA_CACHE_DIR 指定一个 · "
    "no folder can be written to keep what is compiled, so every run compiles; name one in NUMBA_CACHE_DIR"
)
INTERRUPTED = "编译时中断，没有写出任何文件 · interrupted while compiling; nothing is written"


def ready() -> None:
    """Make kernels ready and say so if that takes long; Ctrl-C ends the program at once.

    Compiling stays inside one call of the compiler for seconds, during which its thread cannot be interrupted; so it
    has a thread of its own, which does not outlive the program.
    """
    from gongzao.scheduling._cache import folder
    from gongzao.scheduling.prepare import compilations, prepare

    err = console(stderr=True)
    said = Event()
    failed: list[BaseException] = []

    def told() -> None:
        if not said.is_set():
            said.set()
            err.print(FIRST if folder() else f"{FIRST}\n{NOWHERE}")

    def run() -> None:
        try:
            with compilations(told):
                prepare()
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            failed.append(error)

    thread = Thread(target=run, daemon=True)
    try:
        thread.start()
        thread.join()
    except KeyboardInterrupt:
        err.print(INTERRUPTED)
        sys.stdout.flush()
        os._exit(130)  # a compiler at work cannot be ended in any other way
    if failed:
        raise failed[0]
