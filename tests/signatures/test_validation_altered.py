"""What was altered, cut or added after signing is never valid, unless the signer allows it."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields

from lienthong.signatures.report import Changes, Coverage, Reason, Signature, Verdict
from tests.support.pdfs import Chain, judged, only, pdf, signed, updated

OURS = Chain.make()
ORIGINAL = pdf(2)
SIGNED = signed(ORIGINAL, OURS.leaf)
START = SIGNED.index(b"/Contents <", len(ORIGINAL)) + len(b"/Contents ")
END = SIGNED.index(b">", START) + 1


def verdicts(data: bytes) -> set[Verdict]:
    return {each.verdict for each in judged(data, OURS.trust).signatures}


@settings(max_examples=120)
@given(at=st.integers(0, len(SIGNED) - 1), bits=st.integers(1, 255))
def test_any_changed_byte_is_never_valid(at: int, bits: int) -> None:
    # Within the signature itself there is room for bytes that nobody signs: the next test is about it.
    at = at if not START <= at < END else at % START
    damaged = bytearray(SIGNED)
    damaged[at] ^= bits
    assert Verdict.VALID not in verdicts(bytes(damaged))


@settings(max_examples=60)
@given(at=st.integers(START + 1, START + 2000), digit=st.sampled_from(b"0123456789abcdefg> "))
def test_a_changed_signature_is_valid_only_where_nothing_is_signed_in_it(at: int, digit: int) -> None:
    damaged = bytearray(SIGNED)
    if damaged[at] == digit:
        return
    damaged[at] = digit
    for signature in judged(bytes(damaged), OURS.trust).signatures:
        # Certificates of authorities and unsigned attributes may change in vain; what is signed stays what it was.
        if signature.verdict is Verdict.VALID:
            assert signature.coverage is Coverage.ENTIRE_FILE
            assert signature.intact is True


@settings(max_examples=80)
@given(length=st.integers(0, len(SIGNED) - 1))
def test_a_file_that_is_cut_is_never_valid(length: int) -> None:
    found = verdicts(SIGNED[:length])
    # Blanks after the last mark may be missing; pyHanko's end of file is signed to the last byte.
    assert Verdict.VALID not in found


@settings(max_examples=60)
@given(rest=st.binary(min_size=1, max_size=200))
def test_what_follows_the_file_is_told(rest: bytes) -> None:
    for signature in judged(SIGNED + rest, OURS.trust).signatures:
        if rest.strip(b"\0\t\n\f\r "):
            assert signature.verdict is not Verdict.VALID
        else:
            assert signature.modified_after is True


def other_content(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT /F1 12 Tf 72 720 Td (forged) Tj ET"))
    writer.update_container(page)


def another_page(writer: IncrementalPdfFileWriter) -> None:
    pages = writer.root["/Pages"]
    pages["/Kids"].append(pages["/Kids"].raw_get(0))
    pages["/Count"] = generic.NumberObject(3)
    writer.update_container(pages)


def overlay(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    note = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
            generic.pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (0, 0, 600, 800))),
            generic.pdf_name("/Contents"): generic.pdf_string("forged"),
        }
    )
    page["/Annots"] = generic.ArrayObject([*page.get("/Annots", ()), writer.add_object(note)])
    writer.update_container(page)


def script(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/OpenAction"] = generic.DictionaryObject(
        {
            generic.pdf_name("/S"): generic.pdf_name("/JavaScript"),
            generic.pdf_name("/JS"): generic.pdf_string("app.alert(1)"),
        }
    )
    writer.update_root()


def hidden_layer(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/OCProperties"] = generic.DictionaryObject({generic.pdf_name("/OCGs"): generic.ArrayObject()})
    writer.update_root()


@pytest.mark.parametrize("change", [other_content, another_page, overlay, script, hidden_layer])
def test_a_later_revision_that_shows_something_else_is_noticed(
    change: Callable[[IncrementalPdfFileWriter], None],
) -> None:
    signature = only(judged(updated(SIGNED, change), OURS.trust))
    assert (signature.verdict, signature.reason) == (Verdict.INVALID, Reason.MODIFIED)
    assert (signature.intact, signature.modified_after, signature.changes) == (True, True, Changes.OTHER)
    assert signature.coverage is Coverage.ENTIRE_REVISION


def lie_ready(writer: IncrementalPdfFileWriter) -> None:
    writer.add_object(generic.StreamObject(stream_data=b"BT /F1 12 Tf 72 720 Td (forged) Tj ET"))


def test_content_in_the_shadow_of_another_cannot_be_turned_over() -> None:
    """Shadow attack "replace" (Mainka and others, NDSS 2021): one text is signed while the other lies ready."""
    prepared = updated(ORIGINAL, lie_ready)
    honest = signed(prepared, OURS.leaf)

    def turn_over(writer: IncrementalPdfFileWriter) -> None:
        page = writer.root["/Pages"]["/Kids"][0]
        last = max(writer.prev.xrefs.explicit_refs_in_revision(1), key=lambda ref: ref.idnum)
        page["/Contents"] = generic.IndirectObject(last.idnum, last.generation, writer)
        writer.update_container(page)

    assert only(judged(honest, OURS.trust)).verdict is Verdict.VALID
    assert only(judged(updated(honest, turn_over), OURS.trust)).reason is Reason.MODIFIED


def form() -> bytes:
    """A file with a field for a signature and one for text."""
    writer = IncrementalPdfFileWriter(io.BytesIO(ORIGINAL))
    fields.append_signature_field(writer, fields.SigFieldSpec("Signature1"))
    text = generic.DictionaryObject(
        {
            generic.pdf_name("/FT"): generic.pdf_name("/Tx"),
            generic.pdf_name("/T"): generic.pdf_string("Ý kiến"),
            generic.pdf_name("/V"): generic.pdf_string(""),
        }
    )
    rows = writer.root["/AcroForm"]["/Fields"]
    rows.append(writer.add_object(text))
    writer.update_container(rows)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def fill(writer: IncrementalPdfFileWriter) -> None:
    field = writer.root["/AcroForm"]["/Fields"][1]
    field["/V"] = generic.pdf_string("Đồng ý")
    writer.update_container(field)


@pytest.mark.parametrize(
    ("permissions", "verdict"),
    [(None, Verdict.VALID), (fields.MDPPerm.FILL_FORMS, Verdict.VALID), (fields.MDPPerm.NO_CHANGES, Verdict.INVALID)],
)
def test_a_form_may_be_filled_in_where_the_signer_allows_it(
    permissions: fields.MDPPerm | None, verdict: Verdict
) -> None:
    certified: dict[str, Any] = {} if permissions is None else {"certify": True, "docmdp_permissions": permissions}
    data = signed(form(), OURS.leaf, **certified)
    signature = only(judged(updated(data, fill), OURS.trust))
    assert (signature.verdict, signature.modified_after) == (verdict, True)
    assert signature.changes is Changes.FORMS
    assert signature.certifies is (permissions is not None)


def with_range(numbers: str) -> Signature:
    """The signed file with another /ByteRange in the same number of bytes."""
    start = SIGNED.index(b"/ByteRange [", len(ORIGINAL)) + len(b"/ByteRange [")
    end = SIGNED.index(b"]", start)
    replaced = SIGNED[:start] + numbers.encode().ljust(end - start) + SIGNED[end:]
    assert len(replaced) == len(SIGNED)
    return only(judged(replaced, OURS.trust))


@pytest.mark.parametrize(
    "numbers",
    [
        *(
            "",
            "0",
            "0 0 0 0",
            "0 1 2",
            "0 -1 5 9",
            "a b c d",
            "0 9999999 1 1",
            "1 2 3 4 5 6",
            "null null",
        ),
        *("0 10 20 999999", f"0 {START} {END} 1", f"0 {START} {START} {len(SIGNED) - START}", "0 1e9 0 1"),
        *(f"0 {len(SIGNED)} {len(SIGNED)} 0", "0 0 0 1", f"0 {START - 1} {END} {len(SIGNED) - END}"),
    ],
    # Signed files differ in size from one process to the next; the names of tests may not.
    ids=range(16),
)
def test_absurd_ranges_are_invalid(numbers: str) -> None:
    assert with_range(numbers).verdict is Verdict.INVALID


@pytest.mark.parametrize("name", [b"/ByteRange", b"/Contents <", b"/SubFilter", b"/Type /Sig"])
def test_a_signature_without_what_makes_it_one_is_not_valid(name: bytes) -> None:
    """Universal signature forgery (Mladenov and others, CCS 2019): entries missing or of another kind."""
    at = SIGNED.index(name, len(ORIGINAL))
    renamed = SIGNED[: at + 1] + b"X" + SIGNED[at + 2 :]
    assert Verdict.VALID not in verdicts(renamed)


def test_a_signature_taken_from_elsewhere_is_not_one_of_this_file() -> None:
    """Signature wrapping (the same paper): the signed bytes are kept, others are shown."""
    value = SIGNED[START:END]
    at = SIGNED.index(b"/ByteRange [", len(ORIGINAL))
    old_range = SIGNED[at : SIGNED.index(b"]", at) + 1]

    def wrap(writer: IncrementalPdfFileWriter) -> None:
        other_content(writer)
        signature = writer.root["/AcroForm"]["/Fields"][0]["/V"]
        signature["/Contents"] = generic.ByteStringObject(bytes.fromhex(value[1:-1].decode()))
        writer.update_container(signature)

    wrapped = updated(SIGNED, wrap)
    assert old_range in wrapped
    assert verdicts(wrapped) == {Verdict.INVALID}
