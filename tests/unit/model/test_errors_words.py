"""What a foreign error says, in words that may be shown: no credential, one line, of a bearable length."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model.errors import MOST_WORDS, words


@pytest.mark.parametrize("secrets", [("s3cret",), ("", "s3cret"), ("other", "s3cret", "")])
def test_secrets_are_taken_out_wherever_they_stand(secrets: tuple[str, ...]) -> None:
    assert words(ValueError("key=s3cret (s3cret)"), *secrets) == "key=*** (***)"


def test_empty_secret_takes_nothing_out() -> None:
    assert words(ValueError("as it is"), "") == "as it is"


def test_lines_and_blanks_become_one_line() -> None:
    assert words(ValueError("one\n  two\t three ")) == "one two three"


@pytest.mark.parametrize("length", [MOST_WORDS - 1, MOST_WORDS, MOST_WORDS + 1])
def test_long_words_are_cut_to_the_limit_and_no_others(length: int) -> None:
    text = words(ValueError("x" * length))

    assert len(text) == min(length, MOST_WORDS)
    assert text.endswith("...") == (length > MOST_WORDS)


def test_error_that_cannot_say_anything_is_asked_for_its_message() -> None:
    class Silent(Exception):
        message = "what it meant, with s3cret"

        def __str__(self) -> str:
            raise KeyError("field")

    assert words(Silent(), "s3cret") == "what it meant, with ***"


def test_error_that_cannot_say_anything_and_has_no_message_is_told_by_its_kind() -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise KeyError("field")

    assert words(Silent()) == "Silent"
