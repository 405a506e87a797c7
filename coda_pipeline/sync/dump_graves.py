"""Participations that no live row speaks for, as lines of a dump find them: by key, else by names.

Once the last live record of somebody is deleted, nobody knows the e-mail of that name any more; a dump, which
gives names only, must still find what was deleted. By names it finds it only where exactly one fits.
"""

from collections import defaultdict

from coda_pipeline.sync.dedupe import survivor_at_first_sight
from coda_pipeline.sync.draft import Draft
from coda_pipeline.sync.dump_lines import is_held
from coda_pipeline.sync.dump_placing import HERE, hold, needs_a_voice
from coda_pipeline.sync.identity import BY_EMAIL, BY_NAME, natural_key
from coda_pipeline.sync.model import Activity, Fields, Participation, Person, Record
from coda_pipeline.sync.normalize import norm


class Graves:
    """Deleted participations by their key; by the names in it also held ones, and those without a row."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._by_key: dict[str, list[Participation]] = defaultdict(list)
        self._by_names: dict[str, list[Participation]] = defaultdict(list)
        for p in draft.participations.values():
            if p.deleted_at is not None and p.natural_key is not None:
                self._by_key[p.natural_key].append(p)
            is_unspoken = is_held(p) or (p.row is not None and draft.is_dead(p.row))
            if (p.deleted_at is not None or is_unspoken) and p.merged_into is None:
                names = _names_of(p.fields, draft.rules.natural_key)
                if names is not None:
                    self._by_names[names].append(p)

    def of(self, natural: str, line: Record) -> list[Participation]:
        """Those that lines of a key mean; empty where there are none, or several different ones."""
        if natural in self._by_key:
            return self._by_key[natural]
        keys, names = self._draft.keys[line.record_id], _names_of(line.fields, self._draft.rules.natural_key)
        if names is None or keys.is_ambiguous:
            return []
        fitting = [p for p in self._by_names[names] if _may_be(keys.person, keys.activity, p)]
        return fitting if len({_identity(p) for p in fitting}) == 1 else []


def place_at_grave(draft: Draft, records: list[Record], found: list[Participation]) -> None:
    """Lines of what was deleted: one deleted here keeps them quiet, any other is revived or joined."""
    # Lines of another key may have revived one of them a moment ago.
    found = [draft.participations[p.participation_id] for p in found]
    here = [p for p in found if p.deleted_by == HERE]
    held = [p for p in found if p.deleted_at is None]
    pid = min(p.participation_id for p in here or held or found)
    if not here and needs_a_voice(draft, draft.participations[pid]):
        winner = survivor_at_first_sight(records)
        hold(draft, pid, winner)
        draft.natural[pid] = draft.natural_key_of(pid)
        records = [r for r in records if r is not winner]
    for record in records:
        draft.attached[record.record_id] = pid


def _names_of(fields: Fields, key_fields: tuple[str, ...]) -> str | None:
    """The natural key with names in place of identities."""
    person, activity = fields.get("person"), fields.get("activity")
    who = norm(person.name or person.email) if isinstance(person, Person) else ""
    what = norm(activity.name) if isinstance(activity, Activity) else ""
    return natural_key(fields, key_fields, who and BY_NAME + who, what and BY_NAME + what)


def _identity(p: Participation) -> tuple[str, str | None]:
    person, activity = p.fields.get("person"), p.fields.get("activity")
    email = norm(person.email) if isinstance(person, Person) else ""
    return email, activity.row_id if isinstance(activity, Activity) else None


def _may_be(person: str | None, activity: str | None, p: Participation) -> bool:
    """Whether nothing that a line says for sure speaks against it."""
    email, row_id = _identity(p)
    is_same_person = not email or (person or "").startswith(BY_NAME) or person == BY_EMAIL + email
    is_same_activity = (
        not row_id or (activity or "").startswith(BY_NAME) or (activity or "").endswith(f"/{row_id}")
    )
    return is_same_person and is_same_activity
