"""Who is not to meet whom, as hosts come and go: against saying it from the hosts that are there."""

from hypothesis import given
from hypothesis import strategies as st

from matching.names import Names

SOME = st.frozensets(st.sampled_from("abcdefgh"), max_size=3)


@given(st.lists(st.tuples(st.integers(0, 9), SOME, SOME), max_size=40), SOME, SOME)
def test_barred_are_those_of_the_same_person_and_of_whom_one_blocks_the_other(
    comings: list[tuple[int, frozenset[str], frozenset[str]]], own: frozenset[str], blocked: frozenset[str]
) -> None:
    names, there = Names(lambda: None), dict[int, tuple[frozenset[str], frozenset[str]]]()
    for slot, theirs, they_block in comings:
        if slot in there:
            names.leave(slot, *there.pop(slot))
        else:
            names.enter(slot, theirs, they_block)
            there[slot] = (theirs, they_block)
    right = [slot for slot, (theirs, they_block) in sorted(there.items()) if own & (theirs | they_block) or blocked & theirs]
    numbers, against = [names.number(name) for name in own], [names.number(name) for name in blocked]
    assert names.barred(numbers, against) == right
    busy = {name for theirs, they_block in there.values() for name in theirs | they_block}
    assert {name for name in "abcdefgh" if names.busy[names.number(name)]} == busy
