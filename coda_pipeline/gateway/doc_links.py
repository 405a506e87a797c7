"""Links into Coda that callers send: which doc a press came from. Pure; nothing is fetched."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

MAX_LINK_CHARS = 2000
HOSTS = frozenset({"coda.io", "docs.superhuman.com"})
# /d/Some-Title_dAbCDeFGH1j/... (reference/coda-api.md section 5)
_DOC = re.compile(r"^/d/(?P<title>[^/]*)_d(?P<id>[A-Za-z0-9_-]+)(?:/|$)")


@dataclass(frozen=True, slots=True)
class DocLink:
    """The doc that a link leads into, and its title where the link tells it."""

    doc_id: str
    title: str | None = None


def read_link(link: str) -> DocLink | None:
    """What a link copied from Coda leads into, None where it is none."""
    if len(link) > MAX_LINK_CHARS or any(ord(letter) < ord(" ") for letter in link):
        return None
    try:
        parts = urlsplit(link)
        host = parts.hostname
    except ValueError:
        return None
    found = _DOC.match(parts.path)
    if parts.scheme != "https" or host not in HOSTS or found is None:
        return None
    title = unquote(found["title"]).replace("-", " ").strip()
    return DocLink(found["id"], title or None)
