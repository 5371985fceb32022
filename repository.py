"""Where this repository's files are, and how archives are unpacked into it."""

import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
# What `make` fetches and builds; `make clean` removes it.
BUILD = ROOT / ".build"


def extract(archive: tarfile.TarFile, folder: Path) -> None:
    """Unpack `archive` into `folder`; nothing is written outside of it.

    Python 3.11.2, which Debian 12 has, lacks tarfile's filters: there, members are checked here.
    """
    if hasattr(tarfile, "data_filter"):
        archive.extractall(folder, filter="data")
        return
    for member in archive.getmembers():
        target = (folder / member.name).resolve()
        if not target.is_relative_to(folder.resolve()) or member.isdev() or member.issym():
            raise tarfile.TarError(f"{member.name} would be written outside of {folder}")
    archive.extractall(folder)  # noqa: S202  # checked above
