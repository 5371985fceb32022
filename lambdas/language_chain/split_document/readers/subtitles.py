"""SubRip and WebVTT: what is said, without numbers, times, styles and notes."""

import html
import re

_TIMES = re.compile(r"^\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}\s+-->\s+(?:\d+:)?\d{1,2}:\d{2}[.,]\d")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<\d[\d:.]*>|\{\\[^}]*\}")


def text_of(text: str) -> str:
    """A line for each line that is shown."""
    # U+2028 and its like do not end a line of a subtitle.
    blocks = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines: list[str] = []
    is_webvtt = blocks[0].lstrip("\ufeff").startswith("WEBVTT")
    for block in blocks:
        lines_of_block = block.strip("\n").split("\n")
        start = next(
            (number for number, line in enumerate(lines_of_block) if _TIMES.match(line)), None
        )
        if start is None:
            continue
        for line in lines_of_block[start + 1 :]:
            spoken = _TAG.sub("", line)
            lines.append(html.unescape(spoken) if is_webvtt else spoken)
    return "\n".join(lines)
