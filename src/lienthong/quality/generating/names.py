"""How common Vietnamese names are, by sex and time of birth; weights, not counts.

Family names follow what is generally known of their shares (Nguyễn about a third). Given names move with
time: what was common for those born before 1975 is rare for those born after 1990.
"""

from typing import Final

FAMILIES: Final = (
    ("Nguyễn", 315), ("Trần", 109), ("Lê", 95), ("Phạm", 70), ("Hoàng", 40), ("Huỳnh", 35), ("Phan", 28), ("Vũ", 25),
    ("Võ", 25), ("Đặng", 22), ("Bùi", 21), ("Đỗ", 19), ("Hồ", 16), ("Ngô", 14), ("Dương", 12), ("Lý", 9), ("Đinh", 9),
    ("Trương", 9), ("Đoàn", 8), ("Lương", 8), ("Mai", 7), ("Trịnh", 7), ("Hà", 7), ("Cao", 6), ("Lâm", 6), ("Tạ", 5),
    ("Đào", 5), ("Phùng", 4), ("Châu", 4), ("Thái", 4), ("Tô", 3), ("Quách", 3), ("Vương", 3), ("Chu", 3), ("Lưu", 3),
    ("Kiều", 2), ("Tống", 2), ("Tăng", 2), ("Nông", 3), ("Lò", 3), ("Quàng", 2), ("Triệu", 2),
    ("Bế", 1), ("Giàng", 2), ("Sùng", 1), ("Thạch", 2), ("Sơn", 1), ("Kim", 1), ("Danh", 1), ("Mã", 1), ("La", 1),
)  # fmt: skip

# Sex, weight for the born before 1975, and after.
MIDDLES: Final = (
    ("m", "Văn", 520, 190), ("m", "Đức", 50, 90), ("m", "Hữu", 50, 50), ("m", "Xuân", 50, 40), ("m", "Minh", 30, 90),
    ("m", "Quang", 40, 70), ("m", "Ngọc", 40, 50), ("m", "Đình", 50, 50), ("m", "Công", 30, 40), ("m", "Thanh", 40, 50),
    ("m", "Trọng", 25, 40), ("m", "Quốc", 25, 60), ("m", "Anh", 5, 40), ("m", "Tuấn", 5, 40), ("m", "Viết", 20, 15),
    ("m", "Bá", 20, 10), ("m", "", 25, 10), ("m", "Hoàng", 10, 55), ("m", "Duy", 10, 45), ("m", "Thế", 25, 35),
    ("f", "Thị", 760, 420), ("f", "Thị Thu", 25, 70), ("f", "Thị Thanh", 25, 70), ("f", "Thị Ngọc", 25, 65),
    ("f", "Thị Kim", 30, 35), ("f", "Thị Hồng", 25, 50), ("f", "Ngọc", 20, 60), ("f", "Thu", 10, 40),
    ("f", "Minh", 5, 45),
    ("f", "Thanh", 10, 40), ("f", "Phương", 3, 35), ("f", "Thùy", 2, 35), ("f", "Kim", 20, 20), ("f", "Hoàng", 2, 20),
    ("f", "Thị Bích", 10, 25), ("f", "Thị Mỹ", 10, 25), ("f", "", 15, 5),
)  # fmt: skip

GIVEN: Final = (
    ("m", "Hùng", 40, 25), ("m", "Dũng", 35, 25), ("m", "Tuấn", 20, 45), ("m", "Hải", 25, 25), ("m", "Sơn", 30, 22),
    ("m", "Bình", 30, 12), ("m", "Thành", 30, 25), ("m", "Long", 15, 25), ("m", "Cường", 25, 28), ("m", "Minh", 30, 30),
    ("m", "Hòa", 25, 8), ("m", "Lâm", 15, 10), ("m", "Thắng", 25, 20), ("m", "Tùng", 8, 25), ("m", "Nam", 15, 28),
    ("m", "Quân", 10, 20), ("m", "Phúc", 14, 18), ("m", "Đức", 15, 22), ("m", "Khánh", 8, 14), ("m", "Trung", 20, 24),
    ("m", "Hiếu", 12, 24), ("m", "Anh", 5, 30), ("m", "Kiên", 8, 16), ("m", "Tâm", 20, 8), ("m", "Thọ", 16, 4),
    ("m", "Chiến", 16, 8), ("m", "Tiến", 18, 14), ("m", "Toàn", 14, 12), ("m", "Vinh", 12, 10), ("m", "Lợi", 14, 5),
    ("m", "Phong", 10, 14), ("m", "Quang", 16, 14), ("m", "Khoa", 6, 12), ("m", "Huy", 6, 24), ("m", "Đạt", 6, 22),
    ("m", "Mạnh", 10, 14), ("m", "Tú", 8, 12), ("m", "Lộc", 10, 8), ("m", "Quyết", 8, 6), ("m", "Ba", 8, 1),
    ("m", "Tư", 6, 1), ("m", "Út", 3, 1), ("m", "Bảy", 4, 1), ("m", "Việt", 10, 12), ("m", "Bảo", 4, 12),
    ("f", "Lan", 40, 14), ("f", "Hoa", 40, 12), ("f", "Hương", 28, 32), ("f", "Hằng", 18, 24), ("f", "Hà", 22, 28),
    ("f", "Thủy", 26, 22), ("f", "Nga", 26, 18), ("f", "Hạnh", 22, 18), ("f", "Hồng", 30, 14), ("f", "Liên", 24, 8),
    ("f", "Mai", 24, 18), ("f", "Loan", 20, 12), ("f", "Yến", 14, 20), ("f", "Hiền", 22, 24), ("f", "Thu", 22, 14),
    ("f", "Phương", 14, 34), ("f", "Linh", 5, 40), ("f", "Trang", 6, 40), ("f", "Huyền", 8, 30), ("f", "Ngọc", 12, 24),
    ("f", "Anh", 8, 34), ("f", "Thảo", 8, 30), ("f", "Vân", 20, 20), ("f", "Hiếu", 4, 4), ("f", "Tâm", 18, 14),
    ("f", "Bích", 10, 6), ("f", "Dung", 18, 16), ("f", "Nhung", 12, 20), ("f", "Oanh", 10, 12), ("f", "Quỳnh", 4, 22),
    ("f", "Tuyết", 16, 8), ("f", "Xuân", 16, 6), ("f", "Cúc", 16, 2), ("f", "Đào", 12, 3), ("f", "Thơm", 12, 4),
    ("f", "Bé", 8, 1), ("f", "Sáu", 5, 1), ("f", "Năm", 5, 1), ("f", "Nhàn", 10, 4),
    ("f", "My", 2, 16), ("f", "Vy", 1, 16),
    ("f", "Ly", 3, 14), ("f", "Thúy", 16, 16), ("f", "Hường", 12, 10), ("f", "Quý", 6, 3),
)  # fmt: skip

ETHNICITIES: Final = (
    ("Kinh", 850), ("Tày", 32), ("Thái", 26), ("Mường", 24), ("Nùng", 18), ("Mông", 14), ("Khmer", 12),
    ("Dao", 8), ("Hoa", 6),
)  # fmt: skip
RELIGIONS: Final = (("Không", 900), ("Phật giáo", 60), ("Công giáo", 30), ("Cao Đài", 6), ("Hòa Hảo", 4))
OCCUPATIONS: Final = (
    ("Công chức", 160), ("Viên chức", 150), ("Giáo viên", 120), ("Hưu trí", 180), ("Nông dân", 140), ("Công nhân", 90),
    ("Bộ đội", 70), ("Công an", 50), ("Bác sĩ", 30), ("Kỹ sư", 40), ("Kinh doanh", 40), ("Sinh viên", 20),
)  # fmt: skip
EDUCATIONS: Final = (
    ("Đại học", 420), ("Trung học phổ thông", 220), ("Trung học cơ sở", 120), ("Cao đẳng", 90), ("Thạc sĩ", 120),
    ("Tiến sĩ", 20),
)  # fmt: skip
THEORIES: Final = (("Sơ cấp", 480), ("Trung cấp", 330), ("Cao cấp", 110), ("Cử nhân", 30), ("", 50))
STREETS: Final = (
    "Trần Hưng Đạo", "Lê Lợi", "Nguyễn Huệ", "Quang Trung", "Lý Thường Kiệt", "Hai Bà Trưng", "Ngô Quyền", "Hùng Vương",
    "Nguyễn Trãi", "Lê Hồng Phong", "Phan Đình Phùng", "Bà Triệu", "Trường Chinh", "Giải Phóng", "Hòa Bình", "Tự Do",
)  # fmt: skip
