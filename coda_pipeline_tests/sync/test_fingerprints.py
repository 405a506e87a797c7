"""Fingerprints of lines: the same for the same cells, of whatever block, and of no others."""

from coda_pipeline.sync.fingerprints import digest_in, together

ROLE, NOTE = digest_in("role"), digest_in("comment")


def prints(*lines: tuple[str | None, str | None]) -> list[bytes]:
    return together([[ROLE(role) for role, _ in lines], [NOTE(note) for _, note in lines]], len(lines))


def test_a_line_has_the_same_fingerprint_wherever_it_stands() -> None:
    one, two = ("а", "б"), ("в", None)
    assert prints(one, two) == [*prints(one), *prints(two)]


def test_lines_that_differ_in_a_cell_or_in_its_place_differ() -> None:
    lines = [
        ("а", "б"),
        ("б", "а"),
        ("а", "а"),
        ("б", "б"),
        ("а", None),
        (None, "а"),
        ("аб", ""),
        (None, None),
    ]
    assert len(set(prints(*lines))) == len(lines)


def test_a_column_that_says_nothing_is_as_none() -> None:
    assert together([[ROLE("а")], [NOTE(None)]], 1) == together([[ROLE("а")]], 1)


def test_words_stand_around_each() -> None:
    assert together([[ROLE(None)] * 2], 2, before=b"k-", after=b"-1") == [b"k-" + b"0" * 32 + b"-1"] * 2
