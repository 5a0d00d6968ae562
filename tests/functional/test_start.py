"""The whole service, started as ``make run`` starts it."""

import signal
import sys
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.city import KEYS
from tests.programme import Running, eventually, free_port

TOKEN = "a-token-of-a-good-length"
SERVE = (sys.executable, "-m", "app.cli", "serve", "--with-worker")


def sent_by_the_worker(port: int) -> float:
    """As a web process tells it."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(asked) as answer:
        told = answer.read().decode()
    assert 'adeuxpas_requests_total{method="GET",rule="/healthz",status="200"}' in told
    return sum(s.value for family in text_string_to_metric_families(told) for s in family.samples if s.name == "adeuxpas_messages_total")


def test_the_demonstration_starts_twice_and_stops_by_ctrl_c_and_no_real_city_starts_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setenv("METRICS_TOKEN", TOKEN)
    for _ in range(2):
        with Running(tmp_path, free_port(), SERVE) as service:
            service.wait_until_it_says("Mail goes to")
            announced = "".join(service.said)
            for promised in (f"http://127.0.0.1:{service.port}", "volunteer:", "coordinator:", "administrator:"):
                assert promised in announced
            with urllib.request.urlopen(f"http://127.0.0.1:{service.port}/healthz") as answer:
                assert answer.status == 200
            assert eventually(lambda: any((tmp_path / "instance" / "mail").glob("*.eml")), 60)
            assert eventually(lambda: sent_by_the_worker(service.port) > 0, 60)
            service.process.send_signal(signal.SIGINT)
            code, errors = service.end()
            assert code == 0, errors
            assert "Traceback" not in errors
            assert service.others() == []
    monkeypatch.setenv("DEMO", "0")
    monkeypatch.setenv("SECRET_KEY", "s" * 40)
    monkeypatch.setenv("ENCRYPTION_KEYS", KEYS)
    code, said = Running(tmp_path, free_port(), SERVE).end()
    assert code != 0 and said.count("\n") == 1 and "holds the demonstration city" in said


def test_a_wrong_setting_is_one_sentence_and_no_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PORT", "smtp")
    code, said = Running(tmp_path, free_port(), SERVE).end()
    assert code != 0
    assert said.startswith("MAIL_PORT is 'smtp' but must be a whole number from 1 to 65535.")
    assert said.count("\n") == 1


def test_a_real_city_refuses_to_start_without_its_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setenv("DEMO", "0")
    code, said = Running(tmp_path, free_port(), SERVE).end()
    assert code != 0 and "SECRET_KEY" in said and "ENCRYPTION_KEYS" in said and "Traceback" not in said
