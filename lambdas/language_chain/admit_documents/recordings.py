"""Whether an upload is a recording, and in which format: by its content, then by what it is called.

The formats are those of Amazon Transcribe's batch jobs, as the parameter MediaFormat spells them
(docs.aws.amazon.com/transcribe/latest/dg/how-input.html, read 2026-11-29).
"""

import re

UNKNOWN = "unknown"
"""A recording by its name or content type alone: Transcribe is to find the format."""
# As much as any of these needs; a tag of ID3 stands before the first frame of an MP3.
HEAD_BYTES = 64
# Ogg holds Opus, too: `.opus`, `.oga`, and the voice notes of messengers.
_BEGINNINGS = (
    (b"#!AMR", "amr"),
    (b"fLaC", "flac"),
    (b"ID3", "mp3"),
    (b"OggS", "ogg"),
    (b"\x1aE\xdf\xa3", "webm"),
)
# ISO base media files name their brand behind `ftyp`; these have pictures, and no sound.
_PICTURES = (b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")
_EXTENSION = re.compile(r"\.(amr|flac|m4a|mp3|mp4|oga|ogg|opus|wav|weba|webm)$")
_MEDIA_TYPE = re.compile(r"^(audio|video)/")


def media_format(head: bytes, key: str, content_type: str) -> str:
    """The MediaFormat of an upload by its first bytes; UNKNOWN, or empty if it is no recording."""
    for beginning, name in _BEGINNINGS:
        if head.startswith(beginning):
            return name
    if head.startswith((b"RIFF", b"RF64")) and head[8:12] == b"WAVE":
        return "wav"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _PICTURES:
            return ""
        return "m4a" if brand in (b"M4A ", b"M4B ") else "mp4"
    # A frame of MPEG audio, layer III; the mark of UTF-16 would be one of layer I.
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[2] >> 4 != 0xF:
        return "mp3"
    is_called_one = _EXTENSION.search(key.lower()) or _MEDIA_TYPE.match(content_type.lower())
    return UNKNOWN if is_called_one else ""
