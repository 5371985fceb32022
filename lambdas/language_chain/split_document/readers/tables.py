"""CSV and its kin, as spreadsheets export them: a line for each row."""

import csv
import io

from ..unreadable import UnreadableError

# In the order of doubt: a comma also stands within cells, a tab hardly does.
_DELIMITERS = "\t;|,"
_SNIFFED = 64 * 1024
csv.field_size_limit(32 * 1024 * 1024)


def text_of(text: str) -> str:
    """Raises UnreadableError if a quoted cell is not closed, or holds more than it should."""
    text = text.lstrip("\ufeff")
    first, _, rows_below = text.partition("\n")
    # Excel names the delimiter in a line of its own.
    if first.strip().lower().startswith("sep=") and len(first.strip()) == len("sep=;"):
        delimiter, text = first.strip()[-1], rows_below
    else:
        delimiter = _delimiter(text[:_SNIFFED])
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        lines = ["\t".join(cell.strip() for cell in row).strip() for row in rows]
    except csv.Error as error:
        raise UnreadableError(f"it is no table of separated values: {error}") from None
    return "\n".join(line for line in lines if line)


def _delimiter(sample: str) -> str:
    """What cuts most lines into the same number of cells; a comma if nothing does."""
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        try:
            rows = [row for row in csv.reader(io.StringIO(sample), delimiter=delimiter) if row]
        except csv.Error:
            continue
        widths = [len(row) for row in rows]
        usual = max(set(widths), key=widths.count, default=1)
        # A quote within a cell, as in `1;"one` at a comma, is one that was cut.
        cut = any('"' in cell.strip('"').replace('""', "") for row in rows for cell in row)
        score = widths.count(usual) / max(1, len(widths)) * (usual > 1) * (0.5 if cut else 1)
        if score > best_score:
            best, best_score = delimiter, score
    return best
