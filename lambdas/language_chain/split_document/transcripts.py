"""The text of a transcript."""

from typing import Any

from .unreadable import UnreadableError


def spoken(job_output: dict[str, Any]) -> str:
    """The text of a transcript of Transcribe, one line per turn if there are several speakers."""
    results = job_output["results"]
    turns = [turn for turn in results.get("audio_segments", []) if turn.get("speaker_label")]
    if len({turn["speaker_label"] for turn in turns}) > 1:
        return "\n".join(f"{turn['speaker_label']}: {turn['transcript']}" for turn in turns)
    text = " ".join(transcript["transcript"] for transcript in results["transcripts"])
    if not text.strip():
        raise UnreadableError("Transcribe recognises no speech in it")
    return text
