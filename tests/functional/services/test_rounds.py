"""Several needs at once: the round that pairs them is proven, or nobody is asked by it."""

from dataclasses import replace
from typing import Any

import pytest

import matching.assignment
from app.models import Need
from matching.solution import Solution
from tests.city import City


@pytest.mark.parametrize("wrong", [{"violations": 2}, {"gap_m": 7}])
def test_a_round_without_proof_asks_nobody_and_is_tried_again(
    city: City, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, wrong: dict[str, int]
) -> None:
    right = matching.assignment.solve

    def unproven(*given: Any, **more: Any) -> Solution:
        found = right(*given, **more)
        return replace(found, certificate=replace(found.certificate, **wrong))

    city.volunteer()
    needs = [city.need(), city.need()]
    with monkeypatch.context() as patch:
        patch.setattr(matching.assignment, "solve", unproven)
        assert city.match() == 0
        said = [(line.levelname, line.getMessage()) for line in caplog.records if line.name == "app.services.matching"]
        assert said == [
            ("ERROR", "round of 2 needs and 1 offers: 1 pairs, {} prices prove nothing, {} metres short of proven; nobody is asked".format(
                wrong.get("violations", 0), wrong.get("gap_m", 0)
            ))
        ]  # fmt: skip
        assert city.match() == 0
        assert len([line for line in caplog.records if line.name == "app.services.matching"]) == 1  # not at once again
    assert [city.matches(need) for need in needs] == [[], []]
    assert {need.state for need in city.all(Need)} == {"open"}
    assert "nobody_found" not in city.events()
    city.clock.advance(minutes=10)
    assert city.match() == 1


def test_a_proven_round_has_a_line(city: City, caplog: pytest.LogCaptureFixture) -> None:
    city.volunteer()
    city.need()
    city.need()
    with caplog.at_level("INFO", logger="app.services.matching"):
        assert city.match() == 1
    [line] = [line for line in caplog.records if line.name == "app.services.matching"]
    assert line.getMessage() == "round of 2 needs and 1 offers: 1 pairs, 0 prices prove nothing, 0 metres short of proven"
