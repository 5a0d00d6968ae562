"""How long the server takes for each page of the demonstration city, on SQLite: ``python -m benchmarks.pages``.

Each page is asked for in all its states, several times over; what stands in the table is the median of the slowest state. The run
fails when that is more than a tenth of a second.
"""

import tempfile
import time
from pathlib import Path
from statistics import median

from werkzeug.test import Client

from app import create_app
from tests.cities import Cities, context_of
from tests.databases import Databases
from tests.routes import ROLES, Reach, endpoints

TIMES = 15
LONGEST_MS = 100


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with context_of(Cities(Databases(folder)).instance("full", folder / "instance")) as ctx:
            reach = Reach(ctx, create_app(context=ctx))
            taken = {endpoint: _page_ms(reach, endpoint) for endpoint in endpoints(reach.web)}
    print("| page | median, ms |\n| --- | --- |")
    for endpoint, ms in sorted(taken.items(), key=lambda item: -item[1]):
        print(f"| {endpoint} | {ms:.1f} |")
    slow = [endpoint for endpoint, ms in taken.items() if ms > LONGEST_MS]
    if slow:
        raise SystemExit(f"slower than {LONGEST_MS} ms: {', '.join(slow)}")


def _page_ms(reach: Reach, endpoint: str) -> float:
    role = next(role for role in ROLES if reach.meant_for(endpoint, role))
    browser = reach.web.test_client()
    if role != "nobody":
        browser.set_cookie(*reach.session_cookie(role))
    return max(median(_once_ms(browser, address) for _ in range(TIMES)) for address in reach.addresses(endpoint))


def _once_ms(browser: Client, address: str) -> float:
    began = time.perf_counter()
    browser.get(address).close()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
