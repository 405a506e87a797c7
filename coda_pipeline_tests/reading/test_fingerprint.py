"""Which changes of a row make a new version."""

import pytest

from coda_pipeline.catalog import TableSpec
from coda_pipeline.sync.fingerprint import Fingerprint, fingerprint_for, stored_fingerprint

SPEC = TableSpec(
    name="t", doc_id="d", table_id="grid-t", excluded=frozenset({"c-pay"}), mapped=frozenset({"c-sum"})
)
COLUMNS = [
    ("c-name", "text", False),
    ("c-days", "number", True),
    ("c-sum", "number", True),
    ("c-photo", "image", False),
    ("c-files", "attachments", False),
    ("c-pay", "currency", True),
    ("c-other", "other", False),
]
FINGERPRINT = fingerprint_for(SPEC, COLUMNS)


def digest(fingerprint: Fingerprint = FINGERPRINT, /, **cells: object) -> str:
    values = {f"c-{name}": cell for name, cell in cells.items()}
    return fingerprint.of(values)


def photo(**parts: object) -> list[object]:
    return [{"@type": "ImageObject", "name": "p.png", "status": "live", **parts}]


def test_another_cell_is_another_version():
    assert digest(name="```Анна```") != digest(name="```Алла```")


def test_the_order_of_columns_does_not_count():
    assert digest(name="a", sum=1) == digest(sum=1, name="a")


def test_a_calculated_column_that_is_not_mapped_does_not_count():
    assert digest(name="a", days=1) == digest(name="a", days=2)


def test_a_calculated_column_that_is_mapped_counts():
    assert digest(sum=1) != digest(sum=2)


@pytest.mark.parametrize("blank", ["", [], None])
def test_a_new_blank_column_does_not_count(blank):
    assert digest(name="a", new=blank) == digest(name="a")


@pytest.mark.parametrize("cell", [0, False, 0.0, " "])
def test_zero_false_and_a_space_are_not_blank(cell):
    assert digest(name="a", new=cell) != digest(name="a")


def test_the_address_of_an_image_does_not_count():
    assert digest(photo=photo(url="https://x/1?sig=a")) == digest(photo=photo(url="https://x/1?sig=b"))


def test_another_image_counts():
    assert digest(photo=photo(url="u")) != digest(photo=photo(url="u", name="q.png"))


@pytest.mark.parametrize("kind", ["other", "packObject", "canvas", "a type of tomorrow"])
def test_an_image_in_a_column_of_a_mixed_type_is_known_by_its_kind(kind):
    mixed = fingerprint_for(SPEC, [("c-name", kind, False)])
    assert digest(mixed, name=photo(url="a")) == digest(mixed, name=photo(url="b"))
    assert digest(mixed, name={"@type": "WebPage", "url": "a"}) != digest(
        mixed, name={"@type": "WebPage", "url": "b"}
    )


def test_the_address_of_a_file_does_not_count():
    files = [[{"@type": "WebPage", "name": "cv.pdf", "url": url}] for url in "ab"]
    assert digest(files=files[0]) == digest(files=files[1])


def test_the_address_of_a_link_counts():
    links = [{"@type": "WebPage", "name": "CV", "url": url} for url in "ab"]
    assert digest(name=links[0]) != digest(name=links[1])


def test_the_signature_behind_a_plain_address_in_an_image_column_does_not_count():
    assert digest(photo="https://x/1?sig=a") == digest(photo="https://x/1?sig=b")
    assert digest(photo="https://x/1?sig=a") != digest(photo="https://x/2?sig=a")


def test_a_fingerprint_survives_being_stored():
    assert stored_fingerprint(FINGERPRINT.dump()) == FINGERPRINT


@pytest.mark.parametrize("text", [None, "", "[0, [], [], [], [], []]"])
def test_a_fingerprint_of_another_version_is_none(text):
    assert stored_fingerprint(text) is None


@pytest.mark.parametrize("change", [{"excluded": frozenset()}, {"mapped": frozenset({"c-name"})}])
def test_a_fingerprint_does_not_fit_a_catalogue_that_excludes_or_maps_otherwise(change):
    assert FINGERPRINT.fits(SPEC)
    assert not FINGERPRINT.fits(SPEC.model_copy(update=change))


def test_mapping_a_typed_in_column_leaves_the_digests_as_they_are():
    mapped = SPEC.model_copy(update={"mapped": SPEC.mapped | {"c-name"}})
    assert fingerprint_for(mapped, COLUMNS).has_same_digests(FINGERPRINT)


def test_mapping_a_calculated_column_changes_the_digests():
    mapped = SPEC.model_copy(update={"mapped": SPEC.mapped | {"c-days"}})
    assert not fingerprint_for(mapped, COLUMNS).has_same_digests(FINGERPRINT)
