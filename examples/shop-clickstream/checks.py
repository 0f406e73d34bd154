"""What is asked of the pipeline, and what the answers must be."""

import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass

from client import Service

RANGE = {"date_from": "2024-01-01", "date_to": "2024-06-30"}
WINDOWS = {"1h": 3600, "1d": 86_400, "7d": 604_800}


@dataclass
class Check:
    """One comparison: what it is about, what is known, what was answered."""

    what: str
    expected: object
    answered: object

    @property
    def is_equal(self) -> bool:
        """Whether every number is the known one."""
        return self.expected == self.answered


def all_checks(api: Service, facts: dict) -> Iterator[Check]:
    """Every comparison, one after the other."""
    ask = Asker(api)
    yield from totals(ask, facts)
    yield from over_time(ask, facts)
    yield from breakdowns(ask, facts)
    yield from funnels(ask, facts)
    yield from retention(ask, facts)
    yield from sessions(ask, facts)
    yield from seed_endpoints(api, facts)


class Asker:
    """Asks the query API; every question covers the whole half year."""

    def __init__(self, api: Service) -> None:
        self.api = api

    def result(self, kind: str, **params: object) -> dict:
        """The result of one question, never from the cache."""
        body = {"type": kind, "params": RANGE | {"refresh": True} | params}
        return self.api.call("POST", "/api/query", body)["result"]

    def series(self, math: str, event: str | None = None, **params: object) -> dict[str, int]:
        """Value by bucket, empty buckets left out."""
        result = self.result("trends", series=[{"event": event, "math": math}], **params)
        (row,) = result["series"]
        return {label: value for label, value in zip(result["labels"], row["data"], strict=True) if value}

    def by_value(self, math: str, prop: str, event: str | None = None) -> dict[str, int]:
        """Total by the value of a property."""
        series = [{"event": event, "math": math}]
        result = self.result("trends", series=series, display="total_value", breakdown={"properties": [prop], "limit": 25})
        return {row["breakdown"][0]: row["data"] for row in result["series"]}

    def funnel(self, steps: list[str], window: str, **params: object) -> dict:
        """A funnel's result."""
        return self.result("funnels", steps=[{"event": step} for step in steps], window_seconds=WINDOWS[window], **params)


def pick(pairs: dict[str, list[int]], place: int) -> dict[str, int]:
    """Events (0) or persons (1) of facts that are pairs."""
    return {key: pair[place] for key, pair in pairs.items()}


def totals(ask: Asker, facts: dict) -> Iterator[Check]:
    """How often each event happened, and to how many."""
    events = list(facts["totals_by_event"])
    for what, math, place in (("events by name", "total", 0), ("users by name", "unique", 1)):
        series = [{"event": event, "math": math} for event in events]
        rows = ask.result("trends", series=series, display="total_value")["series"]
        yield Check(what, pick(facts["totals_by_event"], place), dict(zip(events, (row["data"] for row in rows), strict=True)))
    for what, math, known in (("all events", "total", facts["rows"]), ("all users", "unique", facts["users"])):
        (row,) = ask.result("trends", series=[{"event": None, "math": math}], display="total_value")["series"]
        yield Check(what, known, row["data"])


def over_time(ask: Asker, facts: dict) -> Iterator[Check]:
    """Events and users by day, week and month."""
    for math, place, who in (("total", 0, "events"), ("unique", 1, "users")):
        yield Check(f"{who} by day", pick(facts["daily"], place), ask.series(math, interval="day"))
        yield Check(f"{who} by week", pick(facts["weekly"], place), ask.series(math, interval="week"))
        sunday = ask.series(math, interval="week", week_start="sunday")
        yield Check(f"{who} by week from Sunday", pick(facts["weekly_sunday"], place), sunday)
        yield Check(f"{who} by month", pick(facts["monthly"], place), ask.series(math, interval="month"))
        yield Check(f"purchases by day, {who}", pick(facts["daily_purchase"], place), ask.series(math, "purchase", interval="day"))
    kolkata = ask.series("total", interval="day", timezone="Asia/Kolkata")
    yield Check("events by day in Kolkata", facts["daily_kolkata"], kolkata)


def breakdowns(ask: Asker, facts: dict) -> Iterator[Check]:
    """By the values of properties that the client sent."""
    for name, prop, event in (
        ("by_platform", "platform", None),
        ("by_channel", "acquisition_channel", None),
        ("add_to_cart_by_lifecycle", "user_lifecycle", "add_to_cart"),
    ):
        for math, place, who in (("total", 0, "events"), ("unique", 1, "users")):
            yield Check(f"{who} {name.replace('_', ' ')}", pick(facts[name], place), ask.by_value(math, prop, event))


def funnels(ask: Asker, facts: dict) -> Iterator[Check]:
    """Ordered funnels within a window, and by the first platform seen."""
    for funnel in facts["funnels"]:
        for window, known in funnel["windows"].items():
            steps = ask.funnel(funnel["steps"], window)["steps"]
            yield Check(f"funnel to {funnel['steps'][-1]} in {window}", known, [step["count"] for step in steps])
    touch = facts["funnel_by_first_touch"]
    breakdown = {"properties": [touch["property"]], "attribution": "first_touch", "limit": 25}
    rows = ask.funnel(touch["steps"], touch["window"], breakdown=breakdown)["breakdowns"]
    counts = {row["breakdown"][0]: [step["count"] for step in row["steps"]] for row in rows}
    yield Check("funnel by first platform", touch["groups"], counts)


def retention(ask: Asker, facts: dict) -> Iterator[Check]:
    """Weekly cohorts: who came back k weeks later."""
    known = facts["retention_weekly"]
    any_event = {"event": None}
    for kind in ("recurring", "first_time"):
        result = ask.result(
            "retention",
            date_from=known["from"],
            period="week",
            intervals=len(known[kind]),
            retention_type=kind,
            target=any_event,
            returning=any_event,
        )
        yield Check(f"weekly retention, {kind}", known[kind], [cohort["values"] for cohort in result["cohorts"]])


def sessions(ask: Asker, facts: dict) -> Iterator[Check]:
    """Sessions split by gaps of more than half an hour."""
    result = ask.result("sessions")
    known = facts["sessions"]
    yield Check("sessions", known["sessions"], result["sessions"])
    yield Check("median session, seconds", known["median_seconds"], result["median_seconds"])
    yield Check("mean session, seconds", round(known["average_seconds"], 6), round(result["average_seconds"], 6))


def seed_endpoints(api: Service, facts: dict) -> Iterator[Check]:
    """The two endpoints that older clients call give the same numbers."""
    question = urllib.parse.urlencode(RANGE | {"event": "purchase", "interval": "day"})
    answer = api.call("GET", f"/api/trends?{question}")
    counted = {label: value for label, value in zip(answer["labels"], answer["series"], strict=True) if value}
    yield Check("GET /api/trends, purchases by day", pick(facts["daily_purchase"], 0), counted)
    funnel = facts["funnels"][-1]
    body = RANGE | {"steps": funnel["steps"], "strict": True, "conversion_window_days": 7}
    steps = api.call("POST", "/api/funnels", body)["steps"]
    yield Check("POST /api/funnels, 7 days", funnel["windows"]["7d"], [step["count"] for step in steps])
