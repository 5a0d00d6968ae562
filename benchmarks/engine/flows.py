"""The best set of pairs as a min-cost flow, for other solvers. An empty place flows past the offers, at its penalty."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from benchmarks.engine.city import Array
from benchmarks.engine.ours import Lists, Score, served
from benchmarks.engine.timing import Missing
from matching.arrays import Arrays


class Graph(NamedTuple):
    """Pairs side by side, each with its whole metres; beside what the engine's arrays say of places, capacities and penalties."""

    need: Array
    offer: Array
    metres: Array
    a: Arrays


def graph_of(a: Arrays, lists: Lists) -> Graph:
    need, at = np.nonzero(lists.offer >= 0)
    return Graph(need, lists.offer[need, at], lists.metres[need, at].astype(np.int64), a)


class OrTools:
    """The graph handed over; ``solve`` is what is timed."""

    def __init__(self, graph: Graph) -> None:
        try:
            from ortools.graph.python.min_cost_flow import SimpleMinCostFlow
        except ImportError:
            raise Missing("OR-tools is not installed") from None
        need, offer, metres, a = self._graph = graph
        needs, offers = len(a.seeker_places), len(a.host_places)
        sink = needs + offers
        self._flow = flow = SimpleMinCostFlow()
        self._arcs = flow.add_arcs_with_capacity_and_unit_cost(need, needs + offer, np.ones(len(need), np.int64), metres)
        flow.add_arcs_with_capacity_and_unit_cost(needs + np.arange(offers), np.full(offers, sink), a.host_places, np.zeros(offers))
        flow.add_arcs_with_capacity_and_unit_cost(np.arange(needs), np.full(needs, sink), a.seeker_places, a.penalty)
        flow.set_nodes_supplies(np.append(np.arange(needs), sink), np.append(a.seeker_places, -a.seeker_places.sum()))

    def solve(self) -> None:
        status = self._flow.solve()
        assert status == self._flow.OPTIMAL

    def score(self) -> Score:
        """Of the last solve."""
        used = self._flow.flows(self._arcs) > 0
        return Score(served(self._graph.a, self._graph.need[used]), int(self._graph.metres[used].sum()))


def networkx(graph: Graph) -> Callable[[], Score]:
    """Its network simplex."""
    try:
        import networkx as nx
    except ImportError:
        raise Missing("networkx is not installed") from None
    need, offer, metres, a = graph
    needs, sink = len(a.seeker_places), len(a.seeker_places) + len(a.host_places)
    drawn: Any = nx.DiGraph()
    drawn.add_nodes_from((n, {"demand": -places}) for n, places in enumerate(a.seeker_places.tolist()))
    drawn.add_node(sink, demand=int(a.seeker_places.sum()))
    for tail, head, capacity, weight in (
        (need, needs + offer, np.ones(len(need), np.int64), metres),
        (np.arange(needs), np.full(needs, sink), a.seeker_places, a.penalty),
        (np.arange(needs, sink), np.full(sink - needs, sink), a.host_places, np.zeros(sink - needs, np.int64)),
    ):
        for n, o, most, cost in zip(*(column.tolist() for column in (tail, head, capacity, weight)), strict=True):
            drawn.add_edge(n, o, capacity=most, weight=cost)

    def solve() -> Score:
        _, flow = nx.network_simplex(drawn)
        used = np.array([flow[n][needs + o] > 0 for n, o in zip(need.tolist(), offer.tolist(), strict=True)], np.bool_)
        return Score(served(a, need[used]), int(metres[used].sum()))

    return solve
