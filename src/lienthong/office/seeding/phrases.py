"""Subjects of documents that nobody wrote: put together from words of our own, as long and as alike as real ones."""

from random import Random
from typing import Final

# Slug of the type, and how often it is met.
TYPES: Final = {
    "cong-van": 38, "bao-cao": 16, "thong-bao": 10, "quyet-dinh": 10, "ke-hoach": 9, "to-trinh": 5, "giay-moi": 5,
    "huong-dan": 3, "ket-luan": 2, "chi-thi": 1, "nghi-quyet": 1,
}  # fmt: skip
_DOING: Final = (
    "triển khai", "tăng cường", "đẩy mạnh", "rà soát", "tổng kết", "sơ kết", "hướng dẫn", "phối hợp", "đôn đốc",
    "kiểm tra", "đánh giá", "góp ý", "báo cáo kết quả", "chấn chỉnh", "tiếp tục thực hiện", "nâng cao chất lượng",
    "xây dựng kế hoạch", "cung cấp thông tin về", "lấy ý kiến về", "tập huấn", "bổ sung", "điều chỉnh", "cập nhật",
)  # fmt: skip
_WHAT: Final = (
    "công tác chuyển đổi số", "cải cách thủ tục hành chính", "công tác cán bộ", "công tác kiểm tra, giám sát",
    "phòng, chống thiên tai", "công tác dân vận", "quản lý hồ sơ đảng viên", "công tác lưu trữ",
    "an toàn thông tin mạng", "phòng cháy, chữa cháy", "tiếp công dân và giải quyết khiếu nại", "thực hành tiết kiệm",
    "quy hoạch sử dụng đất", "xây dựng nông thôn mới", "giảm nghèo bền vững", "bảo vệ môi trường", "đầu tư công",
    "thu chi ngân sách", "dịch vụ công trực tuyến", "kết nối, chia sẻ dữ liệu", "sinh hoạt chi bộ",
    "học tập và làm theo tấm gương đạo đức", "bảo vệ bí mật nhà nước", "chăm sóc sức khỏe nhân dân",
    "giáo dục và đào tạo", "phát triển kinh tế tư nhân", "văn hóa, thể thao và du lịch", "an sinh xã hội",
    "trật tự an toàn giao thông", "quốc phòng, an ninh", "khoa học và công nghệ", "sắp xếp tổ chức bộ máy",
    "bồi dưỡng lý luận chính trị", "tuyển dụng công chức", "nâng lương và phụ cấp", "thi đua, khen thưởng",
)  # fmt: skip
_WHERE: Final = (
    "trên địa bàn {place}", "tại {place}", "của {place}", "theo đề nghị của {place}", "do {place} chủ trì",
    "trong hệ thống chính trị", "ở cơ sở", "tại các cơ quan, đơn vị",
)  # fmt: skip
_WHEN: Final = (
    "năm {year}", "quý {quarter} năm {year}", "tháng {month} năm {year}", "6 tháng đầu năm {year}",
    "giai đoạn {year} - {later}", "đợt {month}", "trong dịp lễ", "theo Kế hoạch số {number}",
    "theo Quy định số {number}", "theo Công văn số {number}",
)  # fmt: skip
_QUARTERS: Final = ("I", "II", "III", "IV")
_OFTEN: Final = 0.7


def subject(random: Random, place: str, year: int) -> str:
    """Return a subject of 6 to 30 words.

    Args:
        random: decides.
        place: an organ that it may be about.
        year: it is written in.
    """
    choice = random.choice
    parts = ["Về việc" if random.random() < _OFTEN else "V/v", choice(_DOING), choice(_WHAT)]
    if random.random() < _OFTEN:
        parts.append(choice(_WHERE).format(place=place))
    if random.random() < _OFTEN:
        month = random.randint(1, 12)
        parts.append(
            choice(_WHEN).format(
                year=year, later=year + 5, month=month, quarter=_QUARTERS[(month - 1) // 3],
                number=random.randint(1, 400),
            )
        )  # fmt: skip
    return " ".join(parts)
