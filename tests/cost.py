"""What a piece of work costs in a process of its own: seconds of processor time, and memory at its highest [MB]."""

import subprocess
import sys

_AROUND = """
import resource, sys
from pathlib import Path
data = Path(sys.argv[1]).read_bytes()
{setup}
before = resource.getrusage(resource.RUSAGE_SELF)
def memory():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024
start = memory()
try:
    {work}
    said = "read"
except GongzaoError as error:
    said = error.code
after = resource.getrusage(resource.RUSAGE_SELF)
print(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, memory() - start, said)
"""


def cost(path: str, setup: str, work: str) -> tuple[float, float, str]:
    """Return processor time [s], memory [MB] and outcome (``read`` or the code of the error) of ``work`` on ``data``.

    ``setup`` imports what ``work`` needs, ``GongzaoError`` among it; both are Python.
    """
    code = _AROUND.format(setup=setup, work=work)
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True, timeout=300)
    seconds, memory, said = done.stdout.split()
    return float(seconds), float(memory), said
