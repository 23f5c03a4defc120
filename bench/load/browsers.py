"""Browsers of staff: one that opens pages in turn, and a shift of cashiers who each serve a customer every 8 seconds."""

import contextlib
import json
import random
import re
import statistics
import threading
import time
import uuid
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from bench.load.world import FIRST_NAMES, FIRST_PHONE, LAST_NAMES
from embedded import Stop

EACH_SECONDS = 8  # in which a cashier has served a customer


class Browser:
    """A session that is signed in, over one connection that is kept."""

    def __init__(self, port: int, session: str, branch: str) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies = {"sessionid": session}
        self.branch = branch
        self.said: dict[str, str] = {}  # what htmx sends along from the counter: see counter/region.html

    def get(self, path: str, *, htmx: bool = False) -> str:
        return self.send("GET", path, None, htmx)[0]

    def post(self, path: str, *, htmx: bool = True, **fields: str) -> tuple[str, str]:
        """The page, and the address that htmx would show for it."""
        return self.send("POST", path, urlencode({"branch": self.branch, **fields}), htmx)

    def send(self, method: str, path: str, body: str | None, htmx: bool) -> tuple[str, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self.token()}
        if htmx:
            headers |= {"HX-Request": "true", **self.said}
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            raise Stop(f"{method} {path} was answered with {answer.status}: {text[:300]}")
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        if said := re.search(r"hx-headers='(\{\"Counter-Branch.*?\})'", text):
            self.said = json.loads(said[1])
        return text, answer.headers.get("HX-Push-Url", "")

    def token(self) -> str:
        return self.cookies["csrftoken"]

    def find(self, phone: str) -> str:
        """The customer's id, as the counter shows it."""
        _, address = self.post("/counter/find/", phone=phone)
        known = re.fullmatch(r"/counter/([0-9a-f-]{36})/", address)
        if known is None:
            raise Stop(f"The counter did not find {phone}")
        return known[1]


def _phone(number: int) -> str:
    return f"+994{FIRST_PHONE + number}"


def pages(owner: Browser, customers: int, times: int) -> list[tuple[str, float, float]]:
    """Each page by name, with the median and the 95th percentile of its milliseconds."""
    owner.get("/customers/")
    found = [owner.find(_phone(random.Random(n).randint(1, customers))) for n in range(times)]
    return [(name, *_timed(open_it, times)) for name, open_it in _looks(owner, found).items()]


def _looks(owner: Browser, found: list[str]) -> dict[str, Callable[[int], object]]:
    """What an owner opens, each differently each time: a function of how often it was opened."""

    def search(of: Callable[[int], str]) -> Callable[[int], object]:
        return lambda number: owner.post("/customers/", q=of(number))

    looks: dict[str, Callable[[int], object]] = {
        f"customers by {sort}": lambda number, sort=sort: owner.get(f"/customers/?sort={sort}&page={1 + number * 5}")
        for sort in ("last", "name", "balance", "visits", "spend", "newest")
    }
    return looks | {
        "search by a whole phone": search(lambda number: _phone(1 + number * 97)),
        "search by a phone's last 4 digits": search(lambda number: f"{number * 211 % 10_000:04}"),
        "search by 3 digits": search(lambda number: f"{500 + number}"),
        "search by a first name": search(lambda number: FIRST_NAMES[number % len(FIRST_NAMES)][: 3 + number % 3]),
        "search by a last name": search(lambda number: LAST_NAMES[number % len(LAST_NAMES)][: 3 + number % 3]),
        "search for nobody": search(lambda number: f"Nobody {number}"),
        "a customer's page": lambda number: owner.get(f"/customers/{found[number]}/"),
        "a customer's history": lambda number: owner.get(f"/customers/{found[number]}/history/"),
        "activity": lambda number: owner.get("/activity/"),
        **{
            f"reports of {days} days": lambda number, days=days: owner.get(f"/reports/?days={days}")
            for days in (7, 30, 91, 364)
        },
        "reports of points": lambda number: owner.get("/reports/points/"),
        "reports of customers": lambda number: owner.get("/reports/customers/"),
    }


def _timed(open_it: Callable[[int], object], times: int) -> tuple[float, float]:
    open_it(0)
    taken = []
    for number in range(times):
        begun = time.perf_counter()
        open_it(number)
        taken.append((time.perf_counter() - begun) * 1000)
    return round(statistics.median(taken), 1), round(statistics.quantiles(taken, n=20)[-1], 1)


def shift(port: int, world: dict[str, Any], count: int, customers: int, seconds: int) -> dict[str, float]:
    """Cashiers who find a customer, add points and see the receipt, each at a pace of one customer in 8 seconds, and
    open the whole page now and then."""
    taken: list[float] = []
    troubles: list[Exception] = []
    until = time.monotonic() + EACH_SECONDS + seconds  # the first customers are not timed: all begin at once
    timed_from = until - seconds

    def work(session: str, seed: int) -> None:
        rng, browser = random.Random(seed), Browser(port, session, world["branch"])
        time.sleep(rng.random() * EACH_SECONDS)
        try:
            with contextlib.closing(browser.connection):
                browser.get("/counter/")
                while time.monotonic() < until:
                    _serve(browser, rng, customers, lambda took: time.monotonic() > timed_from and taken.append(took))
        except Exception as trouble:
            troubles.append(trouble)

    crew = [
        threading.Thread(target=work, args=(session, seed)) for seed, session in enumerate(world["cashiers"][:count])
    ]
    for each in crew:
        each.start()
    for each in crew:
        each.join()
    if troubles:
        raise Stop(f"{len(troubles)} of {count} browsers had trouble, such as {troubles[0]!r}")
    cuts = statistics.quantiles(taken, n=100)
    return {
        "requests": len(taken),
        "per_second": round(len(taken) / seconds, 1),
        "p50_ms": round(cuts[49], 1),
        "p95_ms": round(cuts[94], 1),
        "p99_ms": round(cuts[98], 1),
    }


def _serve(browser: Browser, rng: random.Random, customers: int, note: Any) -> None:
    """One customer: the number is typed, then the amount; then the next one comes."""
    begun = time.monotonic()

    def timed(act: Any) -> Any:
        start = time.perf_counter()
        answer = act()
        note((time.perf_counter() - start) * 1000)
        return answer

    customer = timed(lambda: browser.find(_phone(rng.randint(1, customers))))
    time.sleep(EACH_SECONDS * (0.3 + 0.2 * rng.random()))
    sale = {"amount": f"{rng.randint(1, 90)}.50", "key": uuid.uuid4().hex}
    _, receipt = timed(lambda: browser.post(f"/counter/{customer}/purchases/", **sale))
    if "/receipts/" not in receipt:
        raise Stop("The sale gave no receipt")
    if rng.random() < 0.2:
        timed(lambda: browser.get("/counter/"))
    time.sleep(max(0.0, EACH_SECONDS - (time.monotonic() - begun)))
