"""Files as programs of an office write them, each with the text that a reader sees in it."""

import io
import zipfile
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

_GREETING = "Sehr geehrte Frau Müller,"
_SENTENCE = "das Frühstück im Hotel war großartig, und das Zimmer kostete nur 80 €."
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def files() -> dict[str, tuple[bytes, str]]:
    """Name -> content and text."""
    letter = f"{_GREETING}\n{_SENTENCE}"
    return {
        "export.csv": (_spreadsheet(), f"Nr\tBemerkung\n1\t{_SENTENCE}\n2\t{_GREETING}"),
        "letter.docx": (_word_document(), letter),
        "letter.pdf": (_pdf(), letter),
        "mail.eml": (_mail(), f"Ihr Frühstück\n\n{letter}"),
        "page.html": (_page(), f"Hotel Köln\n{letter}"),
    }


def _spreadsheet() -> bytes:
    """As a German Excel exports it: in windows-1252, and cells end at semicolons."""
    rows = f'Nr;Bemerkung\r\n1;"{_SENTENCE}"\r\n2;{_GREETING}\r\n'
    return rows.encode("cp1252")


def _word_document() -> bytes:
    """A letter with a word in bold, which Word writes as a run of its own."""
    begin, word, end = _SENTENCE.partition("großartig")
    runs = "".join(
        f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>' for text in (begin, word, end)
    )
    body = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="{_WORD}">'
        f"<w:body><w:p><w:r><w:t>{_GREETING}</w:t></w:r></w:p><w:p>{runs}</w:p></w:body>"
        "</w:document>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", body)
    return file.getvalue()


def _pdf() -> bytes:
    """One page in Helvetica."""
    lines = (_GREETING.encode("cp1252"), _SENTENCE.encode("cp1252"))
    drawn = b" ".join(
        b"1 0 0 1 50 %d Tm (%s) Tj" % (700 - 20 * row, line) for row, line in enumerate(lines)
    )
    content = b"BT /F 11 Tf %s ET" % drawn
    font = b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>"
    objects = (
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources <</Font <</F %s>>>>>>" % font,
        b"<</Length %d>> stream\n%s\nendstream" % (len(content), content),
    )
    body, offsets = b"%PDF-1.4\n", []
    for number, value in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj %s endobj\n" % (number, value)
    entries = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, entries)
    trailer = b"trailer <</Root 1 0 R /Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (count, len(body))
    return body + table + trailer


def _mail() -> bytes:
    """Quoted-printable, beside an HTML version and with an attachment."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "a@example.com", "b@example.com", "Ihr Frühstück"
    mail.set_content(f"{_GREETING}\n{_SENTENCE}", charset="cp1252", cte="quoted-printable")
    mail.add_alternative(f"<p>{escape(_SENTENCE)}</p>", subtype="html")
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="invoice.pdf")
    return mail.as_bytes()


def _page() -> bytes:
    """A page of a site, with a menu that scripts show, and tags within lines and words."""
    marked = _SENTENCE.replace("großartig", "<b>groß</b>artig").replace(
        "Hotel", '<a href="/">Hotel</a>'
    )
    return (
        '<!DOCTYPE html><html lang="de"><head><meta charset="iso-8859-1"><title>Hotel Köln</title>'
        "<style>p { margin: 0 }</style></head><body><nav hidden>Start</nav>"
        f"<p>{_GREETING}</p><p>{marked}</p><script>start()</script></body></html>"
    ).encode("cp1252")
