import subprocess
import sys
from pathlib import Path

import pytest

import gongzao

ENGINES = sorted(
    path.parent.name for path in Path(gongzao.__file__).parent.glob("*/__init__.py") if path.parent.name != "web"
)

PROBE = """
import importlib, pkgutil, random, sys
state = random.getstate()
package = importlib.import_module("gongzao." + sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
found = sorted(name for name in sys.modules if name.partition(".")[0] in {"django", "ninja", "psycopg"})
assert not found, found
# The command line prints with rich, which draws a random number when it is imported.
assert sys.argv[1] == "cli" or random.getstate() == state, "importing changed the global random state"
"""


def test_engines_are_found() -> None:
    assert {"kernel", "targets", "cli"} <= set(ENGINES)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_module_of_an_engine_imports_django(engine: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROBE, engine], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
