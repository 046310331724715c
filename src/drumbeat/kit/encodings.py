"""Which encoding is this text file in?

A byte order mark decides; else UTF-8 if the bytes say so, judged over the whole file, so that one
bad byte far down becomes one rejected row and not a file of wrong letters; else the most plausible
single-byte encoding by charset-normalizer.
"""

import codecs
import re
from dataclasses import dataclass
from typing import BinaryIO

from drumbeat.kit.errors import InvalidInput

_CHUNK = 1 << 20
_SAMPLE = 1 << 16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_AS_CSV = "open it and export the sheet as CSV (Save as, CSV UTF-8)"
_UNPACK = "unpack it and take the CSV file that is in it"
_ANOTHER = "take the CSV file that your list was exported to"
_OTHER_FILES = {
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook (.xls)", _AS_CSV),
    b"\x1f\x8b": ("a compressed file (.gz)", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("an archive (.7z)", _UNPACK),
    b"Rar!": ("an archive (.rar)", _UNPACK),
    b"%PDF": ("a PDF", "export the list as CSV where the PDF was made"),
    b"\x89PNG": ("a picture (PNG)", _ANOTHER),
    b"\xff\xd8\xff": ("a picture (JPEG)", _ANOTHER),
    b"GIF8": ("a picture (GIF)", _ANOTHER),
    b"PAR1": ("a Parquet file", "export it as CSV"),
    b"SQLite format 3": ("a database", "export its table of contacts as CSV"),
}
_ZIP = b"PK\x03\x04"
_CONTROLS = bytes({*range(32)} - {*b"\t\n\v\f\r\x1a\x1b"})
_MOST_CONTROLS = 0.05
_FEWEST_CONTROLS = 8  # a NUL or two are a broken row, and not another kind of file
_LATIN = ["cp1252", "cp1250", "cp1254"]
_LEGACY = [*_LATIN, "cp1251", "cp1253", "shift_jis", "gb18030", "big5", "euc_kr"]
_CLEARLY = 0.1  # how much better a language must fit another alphabet than the western one
_RUN = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True, slots=True)
class Encoding:
    """`suspect` says that some bytes do not fit, or are NUL: rows must be looked at one by one."""

    name: str
    suspect: bool


def detect_encoding(source: BinaryIO) -> Encoding:
    """Reads a seekable file through once. Raises InvalidInput when it is no text file."""
    source.seek(0)
    start = source.read(_SAMPLE)
    _refuse_other_files(start)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return Encoding(name, suspect=True)
    if wide := _unmarked_utf16(start):
        return Encoding(wide, suspect=True)
    controls = len(start) - len(start.translate(None, _CONTROLS))
    if controls >= _FEWEST_CONTROLS and controls > _MOST_CONTROLS * len(start):
        raise _not_text("binary data of some kind", _ANOTHER)
    count = _count(source)
    if not count.invalid or count.valid > count.invalid:
        return Encoding("utf-8", suspect=bool(count.invalid or count.nul))
    return Encoding(_legacy(bytes(count.sample)), suspect=True)


def _refuse_other_files(start: bytes) -> None:
    for mark, (kind, mend) in _OTHER_FILES.items():
        if start.startswith(mark):
            raise _not_text(kind, mend)
    if start.startswith(_ZIP):
        if b"application/vnd.oasis" in start[:200]:
            raise _not_text("a LibreOffice document", _AS_CSV)
        if b"[Content_Types].xml" in start or b"xl/" in start:
            raise _not_text("an Excel workbook (.xlsx)", _AS_CSV)
        raise _not_text("a ZIP archive, or an Excel workbook", f"{_UNPACK}, or {_AS_CSV}")


def _not_text(kind: str, mend: str) -> InvalidInput:
    return InvalidInput(f"This is {kind} and not a CSV file: {mend}.", field="file")


@dataclass
class _Count:
    valid: int
    invalid: int
    nul: bool
    sample: bytearray


def _count(source: BinaryIO) -> _Count:
    """How many characters beyond ASCII are valid UTF-8, and how many bytes are not."""
    count = _Count(0, 0, False, bytearray())
    source.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    while chunk := source.read(_CHUNK):
        count.nul = count.nul or b"\x00" in chunk
        text = decoder.decode(chunk)
        if text.isascii():
            continue
        invalid = _escaped(text)
        count.invalid += invalid
        count.valid += len(text) - len(text.encode("ascii", "ignore")) - invalid
        if invalid and len(count.sample) < _SAMPLE:
            count.sample += _telling_lines(chunk)
    count.invalid += _escaped(decoder.decode(b"", final=True))
    return count


def _escaped(text: str) -> int:
    """How many bytes of the text did not decode."""
    return len(text) - len(text.encode("utf-8", "ignore").decode("utf-8"))


def _telling_lines(chunk: bytes) -> bytes:
    """The lines that hold more than ASCII: only they tell encodings apart."""
    kept = bytearray()
    for line in chunk.split(b"\n"):
        if not line.isascii():
            kept += line[:1000] + b"\n"
        if len(kept) >= _SAMPLE:
            break
    return bytes(kept)


def _unmarked_utf16(start: bytes) -> str:
    """Latin text in UTF-16 has a zero in nearly every second byte."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) < 0.4 * (len(start) / 2) or len(start) < 4:
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def _legacy(sample: bytes) -> str:
    """Western (cp1252) unless another alphabet is plain: few words leave the detector unsure."""
    from charset_normalizer import from_bytes

    runs = _RUN.findall(sample)
    latin = sum(len(run) for run in runs) <= 1.5 * len(runs)
    candidates = _LATIN if latin else _LEGACY
    matches = from_bytes(sample, cp_isolation=candidates, preemptive_behaviour=False)
    best = matches.best()
    if best is None or "cp1252" in best.could_be_from_charset:
        return "cp1252"
    if not latin:
        return best.encoding
    western = [each.coherence for each in matches if "cp1252" in each.could_be_from_charset]
    return best.encoding if western and best.coherence > western[0] + _CLEARLY else "cp1252"
