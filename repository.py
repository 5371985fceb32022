"""Where this repository's files are: the one place that knows its root."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent
# What `make` fetches and builds; `make clean` removes it.
BUILD = ROOT / ".build"
