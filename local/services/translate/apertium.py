"""Apertium's translations, where the machine has it: Debian's packages, installed or unpacked.

    apt install apertium apertium-eng-spa apertium-fr-es
    make demo ARCH=language-chain APERTIUM=/folder

Apertium (GPL) runs as programs of its own. It knows few pairs of languages and translates by rules:
a word that it does not know stays as it is.
"""

import os
import subprocess
from pathlib import Path

from local.runtime.workspace import LocalError

# Source and target of Translate -> the mode of Debian's apertium-eng-spa and apertium-fr-es.
_MODES = {
    ("es", "en"): "spa-eng",
    ("en", "es"): "eng-spa",
    ("es", "fr"): "es-fr",
    ("fr", "es"): "fr-es",
}
_DATA = "/usr/share/apertium"
_TIMEOUT_SECONDS = 30


def _folder() -> Path:
    """Where the packages were unpacked, or installed."""
    return Path(os.environ.get("APERTIUM") or "/")


def _mode(source: str, target: str, folder: Path) -> Path:
    name = _MODES.get((source, target), "no mode")
    return folder / _DATA.lstrip("/") / "modes" / f"{name}.mode"


def is_there() -> bool:
    """Whether Spanish can be translated into English."""
    return _mode("es", "en", _folder()).is_file()


def translation(text: str, source: str, target: str) -> str | None:
    """`text` in the target language; None if there is no Apertium for this pair.

    Raises LocalError if Apertium fails, or takes longer than 30 s.
    """
    folder = _folder()
    mode = _mode(source, target, folder)
    if not mode.is_file():
        return None
    data = folder / _DATA.lstrip("/")
    # The mode is a line of shell that names its files as they are installed; `$1` is the option of
    # its generator, and -n leaves unknown words unmarked.
    quoted = str(data).replace("'", r"'\''")
    line = mode.read_text().strip().replace(f"'{_DATA}/", f"'{quoted}/")
    libraries = [folder / "usr" / "lib", *(folder / "usr" / "lib").glob("*-linux-gnu")]
    command = f"apertium-destxt | {{ {line}\n}} | apertium-retxt"
    try:
        completed = subprocess.run(  # noqa: S603 -- our own command
            ["bash", "-o", "pipefail", "-c", command, "apertium", "-n"],  # noqa: S607 -- any bash
            input=text.encode(),
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=True,
            env={
                "PATH": f"{folder / 'usr' / 'bin'}:{os.environ['PATH']}",
                "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
                "LC_ALL": "C.UTF-8",
            },
        )
    except subprocess.CalledProcessError as error:
        raise LocalError(f"Apertium failed: {error.stderr.decode(errors='replace')}") from error
    except subprocess.TimeoutExpired as error:
        raise LocalError(f"Apertium took longer than {_TIMEOUT_SECONDS} s.") from error
    return completed.stdout.decode()
