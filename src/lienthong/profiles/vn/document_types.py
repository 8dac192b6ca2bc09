"""The 25 types of Party documents and the 8 papers that go with them.

The list is public; of the symbols only QĐ and QC were read in a source, the others are common usage. The
symbol does not determine the type: QĐ stands for Quyết định and for Quy định alike.
"""

import unicodedata
from typing import Final

from lienthong.profiles.base import DocumentKind, DocumentType, Names


def _document(slug: str, symbol: str | None, vi: str, en: str, de: str) -> DocumentType:
    return DocumentType(slug=slug, names=Names(vi=vi, en=en, de=de), kind=DocumentKind.DOCUMENT, symbol=symbol)


def _paper(slug: str, symbol: str | None, vi: str, en: str, de: str) -> DocumentType:
    return DocumentType(slug=slug, names=Names(vi=vi, en=en, de=de), kind=DocumentKind.PAPER, symbol=symbol)


DOCUMENT_TYPES: Final = (
    _document("cuong-linh-chinh-tri", None, "Cương lĩnh chính trị", "Political platform", "Politisches Programm"),
    _document("dieu-le-dang", None, "Điều lệ Đảng", "Party statutes", "Parteistatut"),
    _document("chien-luoc", "CL", "Chiến lược", "Strategy", "Strategie"),
    _document("nghi-quyet", "NQ", "Nghị quyết", "Resolution", "Resolution"),
    _document("quyet-dinh", "QĐ", "Quyết định", "Decision", "Beschluss"),
    _document("chi-thi", "CT", "Chỉ thị", "Directive", "Direktive"),
    _document("ket-luan", "KL", "Kết luận", "Conclusion", "Schlussfolgerung"),
    _document("quy-che", "QC", "Quy chế", "Rules of procedure", "Ordnung"),
    _document("quy-dinh", "QĐ", "Quy định", "Regulation", "Regelung"),
    _document("thong-tri", "TT", "Thông tri", "Circular", "Rundschreiben"),
    _document("huong-dan", "HD", "Hướng dẫn", "Guidance", "Anleitung"),
    _document("thong-bao", "TB", "Thông báo", "Notice", "Mitteilung"),
    _document("thong-cao", "TC", "Thông cáo", "Communiqué", "Kommuniqué"),
    _document("tuyen-bo", None, "Tuyên bố", "Statement", "Erklärung"),
    _document("loi-keu-goi", "LKG", "Lời kêu gọi", "Appeal", "Aufruf"),
    _document("bao-cao", "BC", "Báo cáo", "Report", "Bericht"),
    _document("ke-hoach", "KH", "Kế hoạch", "Plan", "Plan"),
    _document("quy-hoach", "QH", "Quy hoạch", "Master plan", "Rahmenplan"),
    _document("chuong-trinh", "CTr", "Chương trình", "Programme", "Programm"),
    _document("de-an", "ĐA", "Đề án", "Scheme", "Konzept"),
    _document("phuong-an", "PA", "Phương án", "Option plan", "Lösungsplan"),
    _document("du-an", "DA", "Dự án", "Project", "Projekt"),
    _document("to-trinh", "TTr", "Tờ trình", "Submission", "Vorlage"),
    _document("cong-van", "CV", "Công văn", "Official letter", "Dienstschreiben"),
    _document("bien-ban", "BB", "Biên bản", "Minutes", "Protokoll"),
    _paper("giay-gioi-thieu", "GGT", "Giấy giới thiệu", "Letter of introduction", "Empfehlungsschreiben"),
    _paper("giay-chung-nhan", "GCN", "Giấy chứng nhận", "Certificate", "Bescheinigung"),
    _paper("giay-di-duong", "GĐĐ", "Giấy đi đường", "Travel order", "Dienstreiseauftrag"),
    _paper("giay-nghi-phep", "GNP", "Giấy nghỉ phép", "Leave slip", "Urlaubsschein"),
    _paper("giay-moi", "GM", "Giấy mời", "Invitation", "Einladung"),
    _paper("phieu-chuyen", "PC", "Phiếu chuyển", "Forwarding slip", "Weiterleitungszettel"),
    _paper("phieu-gui", "PG", "Phiếu gửi", "Dispatch slip", "Begleitzettel"),
    _paper("thu-cong", None, "Thư công", "Service letter", "Amtlicher Brief"),
)
"""Documents first, papers after them, each in the order of the regulation."""


def of_symbol(symbol: str) -> tuple[DocumentType, ...]:
    """Return every type whose numbers carry that symbol: none, one or several.

    Args:
        symbol: as in ``384-QĐ/TW``, in any Unicode form; Ð (U+00D0), which old keyboards write for
            Đ (U+0110), is read as Đ.
    """
    wanted = unicodedata.normalize("NFC", symbol).replace("Ð", "Đ")
    return tuple(kind for kind in DOCUMENT_TYPES if kind.symbol == wanted)
