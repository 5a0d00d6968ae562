"""What is counted while the service runs, for Prometheus: by each process, added up where it is asked for (app/public/metrics.py)."""

from prometheus_client import Counter, Histogram

REQUESTS = Counter("adeuxpas_requests", "Requests answered", ["method", "rule", "status"])
REQUEST_S = Histogram("adeuxpas_request_seconds", "Time to answer a request", ["rule"])
ROUND_S = Histogram("adeuxpas_round_seconds", "Time of a round of matching", buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120))
VIOLATIONS = Counter("adeuxpas_certificate_violations", "Prices of rounds that prove nothing; above 0 is a fault of the programme")


def count_request(method: str, rule: str, status: int, took_s: float | None) -> None:
    """Nothing here is a visitor's free choice, which would make as many series."""
    REQUESTS.labels(method, rule, status).inc()
    if took_s is not None:
        REQUEST_S.labels(rule).observe(took_s)
