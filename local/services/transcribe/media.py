"""Which of Transcribe's containers a recording is in, by how its file begins.

The formats are those of `MediaFormat` of StartTranscriptionJob in botocore 1.44.5.
"""

_BEGINNINGS = {b"#!AMR": "amr", b"fLaC": "flac", b"OggS": "ogg", b"ID3": "mp3"}
# Where a Matroska file says that it is WebM.
_DOCUMENT_TYPE_BYTES = 64
# Two names of one container, MPEG-4.
_MPEG_4 = {"m4a", "mp4"}


def container(recording: bytes) -> str | None:
    """`amr`, `flac`, `m4a`, `mp3`, `mp4`, `ogg`, `wav` or `webm`; None for anything else."""
    for beginning, name in _BEGINNINGS.items():
        if recording.startswith(beginning):
            return name
    if recording[:4] == b"RIFF" and recording[8:12] == b"WAVE":
        return "wav"
    if recording[4:8] == b"ftyp":
        return "m4a" if recording[8:11] == b"M4A" else "mp4"
    if recording.startswith(b"\x1aE\xdf\xa3") and b"webm" in recording[:_DOCUMENT_TYPE_BYTES]:
        return "webm"
    # The first eleven bits of a frame are set, then come the version and the layer, the third.
    is_frame = len(recording) > 1 and recording[0] == 0xFF and recording[1] & 0xE6 == 0xE2
    return "mp3" if is_frame else None


def matches(media_format: str, detected: str) -> bool:
    """Whether a recording is in the format that its job names."""
    return media_format == detected or {media_format, detected} <= _MPEG_4
