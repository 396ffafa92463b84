"""What is assumed of accsyn: words that can be chosen, and the words of tasks that follow from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import assumptions, settings, tasks
from ftrack_accsyn_accessor.model.assumptions import ASSUMPTIONS, CHOICES, Assumptions, Notation
from making import route, sequence
from unit.model.test_tasks import expanded, seeded


def test_each_has_a_word_of_its_own_and_sentences_without_an_end() -> None:
    assert len({each.id for each in ASSUMPTIONS}) == len(ASSUMPTIONS)
    assert [each.id for each in ASSUMPTIONS for text in each[1:4] if not text or text.endswith(".")] == []


def test_of_what_nothing_is_known_it_is_taken_to_hold() -> None:
    assert Assumptions().notation == assumptions.USUAL
    known = Assumptions({assumptions.MIRRORED_PATHS: False, assumptions.FRAME_RANGES: True})
    assert known.notation == Notation(mirrored=False)


@pytest.mark.parametrize("word", CHOICES)
def test_what_has_another_way_can_be_set(word: str) -> None:
    found = settings.read({"FTRACK_ACCSYN_ASSUME": f"{word}=no"})

    assert found.assume == ((word, False),)
    assert not Assumptions(dict(found.assume)).holds(word)


@pytest.mark.parametrize("text", ["frame-ranges", "frame-ranges=maybe", "task-times=no", "=no", "frame-ranges=no=no"])
def test_what_cannot_be_chosen_is_a_problem_that_names_the_words(text: str) -> None:
    found = settings.read({"FTRACK_ACCSYN_ASSUME": f"job-by-name=no,{text}"})

    (problem,) = [each for each in found.problems if each.variable == "FTRACK_ACCSYN_ASSUME"]
    assert repr(text) in problem.what
    assert all(word in problem.remedy for word in CHOICES)
    assert found.assume == (("job-by-name", False),)


NOTATIONS = st.builds(Notation, ranges=st.booleans(), folders=st.booleans(), mirrored=st.booleans())


@seeded
@given(st.sets(st.integers(0, 300), min_size=1), NOTATIONS)
def test_in_whatever_words_every_frame_is_carried_once_and_to_its_own_path(
    frames: set[int], notation: Notation
) -> None:
    made = sequence(frames)
    paths = tasks.source_paths(made, notation=notation)
    payloads = tasks.task_payloads(made, paths, route(), mirrored=notation.mirrored)

    assert sorted(expanded(paths)) == sorted(file.path for file in made.files)
    assert notation.ranges or tasks.together(made, paths) == set()
    for path, payload in zip(paths, payloads):
        there = payload["destination"].partition("share=projects/")[2]
        if notation.mirrored:
            assert payload["destination"] == route().destination.party
        elif tasks.FRAMES.search(path):
            assert there == f"{path.rpartition('/')[0]}/".lstrip("/")
        else:
            assert there == path
