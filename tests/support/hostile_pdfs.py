"""PDFs that are none, that lie, or that want more than they are worth."""

import io
import random
import zipfile
import zlib
from collections.abc import Iterable

from reportlab.lib import pdfencrypt
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas


def written(objects: Iterable[bytes], *, trailer: bytes = b"", first: int = 1) -> bytes:
    """Write objects with their numbers from `first` on, a cross-reference table and a trailer; object 1 is the root."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, each in enumerate(objects, first):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (len(offsets) + 1, trailer, start)
    return bytes(out)


def stream(head: bytes, data: bytes, *, rounds: int = 1) -> bytes:
    """A stream object, deflated so many times."""
    for _ in range(rounds):
        data = zlib.compress(data, 9)
    filters = b"/Filter[%b]" % (b"/FlateDecode " * rounds)
    return b"<<%b%b/Length %d>>\nstream\n%b\nendstream" % (head, filters, len(data), data)


PAGE = b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"


def zip_named_pdf() -> bytes:
    """A ZIP archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("công văn.txt", "x")
    return target.getvalue()


def encrypted(password: str) -> bytes:
    """A file that opens with a password, or with none if it is empty."""
    target = io.BytesIO()
    protection = pdfencrypt.StandardEncryption(password, ownerPassword="another", strength=128)
    canvas = Canvas(target, pagesize=A4, encrypt=protection)
    canvas.drawString(72, 720, "x")
    canvas.save()
    return target.getvalue()


def scripted() -> bytes:
    """A script that runs when the file is opened."""
    return written([b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>", *PAGE])


def script_in_disguise() -> bytes:
    """The same with its name spelt in hexadecimal, in an object stream."""
    inside = b"<</S/#4aavaScript/#4aS(app.alert\\(1\\))>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/OpenAction 5 0 R>>",
        *PAGE,
        stream(b"/Type/ObjStm/N 1/First 4", b"5 0 " + inside),
    ]
    out = bytearray(b"%PDF-1.7\n")
    rows = [(0, 0, 65535)]
    for number, each in enumerate(objects, 1):
        rows.append((1, len(out), 0))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    rows += [(2, 4, 0), (1, len(out), 0)]
    table = b"".join(bytes([kind]) + place.to_bytes(4) + index.to_bytes(2) for kind, place, index in rows)
    start = len(out)
    out += b"6 0 obj\n%b\nendobj\n" % stream(b"/Type/XRef/Size 7/W[1 4 2]/Root 1 0 R", table)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def with_file() -> bytes:
    """A file inside the file."""
    return written(
        [
            b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a)4 0 R]>>>>>>",
            *PAGE,
            b"<</Type/Filespec/F(a)/EF<</F 5 0 R>>>>",
            stream(b"/Type/EmbeddedFile", b"MZ"),
        ]
    )


def form(fields: bytes, *more: bytes) -> bytes:
    """A file with a form; further objects have the numbers from 4 on."""
    return written([b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields %b>>>>" % fields, *PAGE, *more])


def field_tree(depth: int) -> bytes:
    """A tree of fields with two ways from each to the next: 2 ** depth of them in all."""
    nodes = [b"<</T(a)/Kids[%d 0 R %d 0 R]>>" % (at, at + 1) for level in range(depth) for at in [6 + 2 * level] * 2]
    return form(b"[4 0 R 5 0 R]", *nodes, b"<</T(z)/FT/Tx>>", b"<</T(z)/FT/Tx>>")


HOSTILE = {
    "blank": b" " * 5000,
    "random": random.Random(1).randbytes(20_000),
    "zip": zip_named_pdf(),
    "head only": b"%PDF-1.7",
    "head and noise": b"%PDF-1.7\n" + random.Random(2).randbytes(20_000) + b"\nstartxref\n9\n%%EOF",
    "end only": b"%PDF-1.7\nstartxref\n0\n%%EOF",
    "start beyond": b"%PDF-1.7\nstartxref\n999999999999999999999\n%%EOF",
    "no root": written([b"null"]),
    "root is a number": written([b"7"]),
    "pages in a circle": written([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R]/Count 9>>"]),
    "root in a circle": written([b"1 0 R"]),
    "fields in a circle": form(b"[4 0 R]", b"<</T(a)/Kids[4 0 R]>>"),
    "field of a million kids": form(b"[%b]" % (b"4 0 R " * 200_000), b"<</T(a)/FT/Sig>>"),
    "signature is a number": form(b"[4 0 R]", b"<</T(a)/FT/Sig/V 7>>"),
    "signature is a circle": form(b"[4 0 R]", b"<</T(a)/FT/Sig/V 4 0 R>>"),
    "signature of nothing": form(b"[4 0 R]", b"<</T(a)/FT/Sig/V<</Type/Sig/SubFilter/ETSI.CAdES.detached>>>>"),
    "signature is not CMS": form(
        b"[4 0 R]",
        b"<</T(a)/FT/Sig/V 5 0 R>>",
        b"<</Type/Sig/SubFilter/ETSI.CAdES.detached/ByteRange[0 9 9 9]/Contents<30820000>>>",
    ),
    "contents null": form(
        b"[4 0 R]",
        b"<</T(a)/FT/Sig/V 5 0 R>>",
        b"<</Type/Sig/SubFilter/ETSI.CAdES.detached/ByteRange[0 9 9 9]/Contents null>>",
    ),
    "nested arrays": form(b"[" * 50_000 + b"]" * 50_000),
    "nested dictionaries": form(b"<</A" * 20_000 + b">>" * 20_000),
    "previous table is this one": written([b"<</Type/Catalog/Pages 2 0 R>>", *PAGE], trailer=b"/Prev 100000"),
    "length in a circle": written([b"<</Type/Catalog/Pages 2 0 R>>", *PAGE, b"<</Length 4 0 R>>stream\nx\nendstream"]),
    "huge number": written([b"<</Type/Catalog/Pages 2 0 R/X %b>>" % (b"9" * 100_000), *PAGE]),
    "objects without end": b"%PDF-1.7\n1 0 obj\n<<" + b"/A" * 100_000 + b"\nstartxref\n9\n%%EOF",
}
