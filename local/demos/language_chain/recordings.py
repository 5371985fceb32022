"""The recordings of the demo, and what is said in them."""

from repository import BUILD, ROOT

RECORDINGS = BUILD / "recordings"
"""People's voices: `requirements/recordings.in` says whose they are. Empty if they are gone."""
FLIGHT = ROOT / "local" / "demos" / "language_chain" / "audio" / "flight.opus"
"""A text of this project's own, spoken by piper: Opus in Ogg, as recorders write it."""
FLIGHT_TEXT = (
    "Jane Miller flew from Newark to Boston on Monday and asked for a refund at the service desk."
    " The hotel in Boston was wonderful, and the breakfast was excellent."
)
BOOK = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age"
    " of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the"
    " season of Light, it was the season of Darkness, it was the spring of hope, it was the winter"
    " of despair, we had everything before us, we had nothing before us, we were all going direct"
    " to Heaven, we were all going direct the other way--in short, the period was so far like the"
    " present period, that some of its noisiest authorities insisted on its being received, for"
    " good or for evil, in the superlative degree of comparison only."
)
"""What `two_cities.wav` reads: the first sentence of A Tale of Two Cities, by Charles Dickens."""
