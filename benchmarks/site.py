"""Answer times of the site's main pages with 20 users at once, on the database of ``DATABASE_URL``.

Run ``python -m benchmarks.site`` (SQLite in a fresh folder) or with ``DATABASE_URL=postgres://…`` (an empty database).
Loads the demonstration (107 clusters, 20,000 enterprises), starts gunicorn as ``make demo`` does, signs in as the
province's officer and lets 20 users read pages, each waiting ``--think`` seconds between two.
"""

import argparse
import http.client
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

PAGES = {
    "home": "/",
    "enterprises": "/clusters/enterprises/",
    "enterprises by revenue": "/clusters/enterprises/?sort=-revenue",
    "enterprises, page 200": "/clusters/enterprises/?page=200",
    "enterprises, search": "/clusters/enterprises/?q=%E5%88%B6%E5%93%81",
    "clusters": "/clusters/",
}
ROOT = Path(__file__).resolve().parents[1]


def prepare(var: Path) -> str:
    """Load the demonstration and return the session cookie of the province's officer."""
    (var / "vendor").symlink_to(ROOT / "var/vendor")
    os.environ.update(
        GONGZAO_VAR=str(var), GONGZAO_PLAIN_HTTP="1", DJANGO_SETTINGS_MODULE="gongzao.web.project.settings"
    )
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from gongzao.web.accounts.models import Post, Role
    from gongzao.web.clusters.demo import load_demo

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    start = time.perf_counter()
    load_demo()
    print(f"{connection.vendor}: demonstration loaded in {time.perf_counter() - start:.1f} s")
    client = Client()
    user = Post.objects.filter(role=Role.PROVINCE).select_related("user")[0].user
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    connection.close()
    return client.cookies["sessionid"].value


def read(port: int, cookie: str, think: float, until: float, times: dict[str, list[float]], seed: int) -> None:
    """Be one user: open pages in random order until the time is up; anything but 200 ends the run."""
    choose = random.Random(seed)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while time.monotonic() < until:
        name = choose.choice(list(PAGES))
        start = time.perf_counter()
        connection.request("GET", PAGES[name], headers={"Cookie": f"sessionid={cookie}", "Accept-Language": "zh-hans"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{PAGES[name]}: {answer.status}")
        times[name].append(time.perf_counter() - start)
        time.sleep(choose.uniform(0, 2 * think))


def measure(port: int, cookie: str, users: int, think: float, seconds: float) -> dict[str, list[float]]:
    """Let ``users`` read for ``seconds`` [s] and return every answer time [s] by page."""
    times: dict[str, list[float]] = {name: [] for name in PAGES}
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=read, args=(port, cookie, think, until, times, seed)) for seed in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def wait_for(port: int) -> None:
    """Return when the server answers."""
    for _ in range(100):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health/")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the server does not answer")


def main() -> None:
    """Prepare, serve, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--think", type=float, default=1.0, help="mean pause between two pages of a user [s]")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--port", type=int, default=8765)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cookie = prepare(Path(folder))
        server = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{options.port}", "--workers", "2"]
        with subprocess.Popen([*server, "--threads", "4", "gongzao.web.project.wsgi"]) as process:
            try:
                wait_for(options.port)
                measure(options.port, cookie, 4, 0.1, 3)
                times = measure(options.port, cookie, options.users, options.think, options.seconds)
            finally:
                process.terminate()
    print(f"{options.users} users, pause {options.think} s, {options.seconds:.0f} s")
    for name, seen in times.items():
        cuts = statistics.quantiles(seen, n=100)
        print(f"{name:24} {len(seen):5} pages   p50 {cuts[49] * 1000:6.0f} ms   p95 {cuts[94] * 1000:6.0f} ms")


if __name__ == "__main__":
    main()
