"""In which encoding a file is, from the whole of it, along with its digest: one pass over the bytes.

UTF-8 (with or without BOM) and UTF-16 with BOM prove themselves; what is neither is windows-1251, or refused.
A file of lines in several encodings is refused with the lines.
"""

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from coda_pipeline.dump.parts import Part
from coda_pipeline.errors import DumpError

CHUNK_BYTES = 1 << 20
SAMPLE_BYTES = 1 << 16
CYRILLIC = ("cp1251", "koi8_r", "cp866", "mac_cyrillic")
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# So many letters that are valid UTF-8 by chance are not met in windows-1251.
TELLING_BYTES = 6
MAX_NULS_SHARE = 0.01
ASCII = bytes(range(128))
# Russian tables come to 0.8 and more in their own encoding, to less in any other; Western ones to 0.4.
MIN_LIKENESS = 0.7
_SMALL, _LARGE, _SIGNS = re.compile("[а-яё]"), re.compile("[А-ЯЁ]"), re.compile("[«»№–—…’“”₽°\\xa0]")
_AMONG_LATIN = re.compile("(?<=[A-Za-z])[А-яЁё]|[А-яЁё](?=[A-Za-z])")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the bytes say: size and digest as kept with each row, the encoding, how many lines end."""

    size_bytes: int
    sha256: str
    encoding: str
    line_breaks: int = 0


def examine(part: Part, configured: str | None) -> FileFacts:
    """Read the bytes once. Raises `DumpError` for an empty file and where no one encoding fits."""
    digest, size, nuls, breaks = hashlib.sha256(), 0, 0, 0
    decoder, is_utf8 = codecs.getincrementaldecoder("utf-8")(), True
    head = b""
    for chunk in _chunks(part):
        head = head or chunk[:4]
        digest.update(chunk)
        size, nuls, breaks = size + len(chunk), nuls + chunk.count(0), breaks + chunk.count(b"\n")
        is_utf8 = is_utf8 and _decodes(decoder, chunk, final=False)
    if not size:
        message = f"The file {part.name} is empty. Nothing was loaded."
        raise DumpError(message)
    by_bom = next((name for bom, name in BOMS if head.startswith(bom)), None)
    is_utf8 = is_utf8 and _decodes(decoder, b"", final=True)
    if configured is None and by_bom is None and nuls > size * MAX_NULS_SHARE:
        message = (
            f"The file {part.name} is no text (it is full of zero bytes). Export it again as CSV in UTF-8."
        )
        raise DumpError(message)
    encoding = configured or by_bom or ("utf-8" if is_utf8 else _legacy_encoding(part))
    # A BOM is no part of the first header, whoever names the encoding.
    encoding = "utf-8-sig" if by_bom == "utf-8-sig" and encoding.lower() in {"utf-8", "utf8"} else encoding
    return FileFacts(size, digest.hexdigest(), encoding, breaks)


def digest_of(part: Part) -> FileFacts:
    """Size and digest of a file whose form says its encoding."""
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(part):
        digest.update(chunk)
        size += len(chunk)
    return FileFacts(size, digest.hexdigest(), "utf-8")


def _chunks(part: Part) -> Iterator[bytes]:
    with part.open() as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _legacy_encoding(part: Part) -> str:
    utf8_line, other_line, sample = _kinds_of_lines(part)
    if utf8_line is not None and other_line is not None:
        message = (
            f"The file {part.name} mixes encodings: line {utf8_line} is UTF-8, line {other_line} is not. "
            "It was put together from several files: give each by itself."
        )
        raise DumpError(message)
    best = max(CYRILLIC, key=lambda encoding: _likeness(sample, encoding))
    if best == "cp1251" and _likeness(sample, best) >= MIN_LIKENESS:
        return best
    is_plausible = _likeness(sample, best) >= MIN_LIKENESS
    looks_like = f"it looks like {best}" if is_plausible else "it is none of the usual ones"
    message = (
        f"The encoding of {part.name} is neither UTF-8 nor windows-1251 for sure; {looks_like}. "
        "Export it again as UTF-8, or set `encoding` for this year under participation.dump."
    )
    raise DumpError(message)


def _likeness(sample: bytes, encoding: str) -> float:
    """How much of what is not ASCII reads as Russian: small letters by themselves, 1; others, 1/2."""
    text = sample.decode(encoding, errors="replace")
    foreign = sum(not char.isascii() for char in text)
    # A Russian letter in a word of Latin ones is what Western letters look like.
    letters = len(_SMALL.findall(text)) + (len(_LARGE.findall(text)) + len(_SIGNS.findall(text))) / 2
    return (letters - len(_AMONG_LATIN.findall(text))) / max(1, foreign)


def _kinds_of_lines(part: Part) -> tuple[int | None, int | None, bytes]:
    """The first line that is telling UTF-8, the first that is not UTF-8, and text of the latter."""
    utf8_line = other_line = None
    sample = bytearray()
    with part.open() as stream:
        for number, line in enumerate(stream, start=1):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                other_line = other_line or number
                if len(sample) < SAMPLE_BYTES:
                    sample += line[: SAMPLE_BYTES - len(sample)]
            else:
                if utf8_line is None and len(line.translate(None, ASCII)) >= TELLING_BYTES:
                    utf8_line = number
            if utf8_line and other_line and len(sample) >= SAMPLE_BYTES:
                break
    return utf8_line, other_line, bytes(sample)
