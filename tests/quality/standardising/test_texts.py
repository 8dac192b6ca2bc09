"""Every step on texts and names, with dirt as it is found."""

from typing import Any

import pytest

from tests.quality.standardising.conftest import Standardise

NAMES = {
    # nfc, and what does not print
    "Nguye\u0302\u0303n Thi\u0323 Hương": ("Nguyễn Thị Hương", "nfc"),
    "Trần\u00a0Văn\u200b B": ("Trần Văn B", "space"),
    # TCVN3
    "NguyÔn V¨n An": ("Nguyễn Văn An", "font"),
    "TrÇn ThÞ H­¬ng": ("Trần Thị Hương", "font"),
    "§ç Minh Ph­îng": ("Đỗ Minh Phượng", "font"),
    "Lª §øc Thä": ("Lê Đức Thọ", "font"),
    "NGUYÔN V¡N B×NH": ("Nguyễn Văn Bình", "font+case"),
    # VNI
    "Nguyeãn Vaên An": ("Nguyễn Văn An", "font"),
    "Traàn Thò Höông": ("Trần Thị Hương", "font"),
    "Ñoã Ñình Phöôïng": ("Đỗ Đình Phượng", "font"),
    "Huyønh Thuùy Quyønh": ("Huỳnh Thúy Quỳnh", "font"),
    # letters that look alike
    "Ðặng Văn Ðức": ("Đặng Văn Đức", "letter"),
    # tones
    "Hoàng Thị Hoà": ("Hoàng Thị Hòa", "tone"),
    "Nguyễn Thuý Hoè": ("Nguyễn Thúy Hòe", "tone"),
    "Trần Quý": ("Trần Quý", None),
    "Lê Uỷ Uỷ": ("Lê Ủy Ủy", "tone"),
    "Ý Oà Oè": ("Ý Òa Òe", "tone"),
    "Hoàn Toàn": ("Hoàn Toàn", None),
    "PHẠM THỊ HOÀ": ("Phạm Thị Hòa", "case+tone"),
    # case and spaces
    "  nguyễn   văn a ": ("Nguyễn Văn A", "space+case"),
    "Lê Thị Hoa (Mai)": ("Lê Thị Hoa", "sign"),
    "Lê Thị Hoa 2": ("Lê Thị Hoa", "sign"),
    "Nguyễn.Văn.A": ("Nguyễn Văn A", "sign"),
    # nothing written
    "---": (None, "empty"),
    "Không rõ": (None, "empty"),
    # left as it is
    "Nguyen Van A": ("Nguyen Van A", None),
    "Lê Hà": ("Lê Hà", None),
    "Tô Hoài": ("Tô Hoài", None),
    "Nguyễn Văn Ánh": ("Nguyễn Văn Ánh", None),
}


def test_names(standardised: Standardise) -> None:
    rows, changes = standardised([{"full_name": name} for name in NAMES])
    rules = {change["raw"]: change["rule"] for change in changes}
    assert {name: (row["full_name"], rules.get(name)) for name, row in zip(NAMES, rows, strict=True)} == NAMES
    assert {change["run"] for change in changes} == {"run"}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Nguyễn Thị Đào", ("Nguyễn", "Thị", "Đào", "nguyen thi dao")),
        ("Lý Quý Kỳ", ("Lý", "Quý", "Kỳ", "li qui ki")),
        ("Nguyễn Ngọc Bảo Anh", ("Nguyễn", "Ngọc Bảo", "Anh", "nguyen ngoc bao anh")),
        ("Trần Hà", ("Trần", None, "Hà", "tran ha")),
        ("Tình", (None, None, "Tình", "tinh")),
    ],
    ids=["three", "y", "four", "two", "one"],
)
def test_parts_of_names(standardised: Standardise, name: str, parts: tuple[Any, ...]) -> None:
    row = standardised([{"full_name": name}])[0][0]
    assert tuple(row[f"full_name_{part}"] for part in ("family", "middle", "given", "key")) == parts


PLACES = {
    "P.15, Q. Tân Bình, TP. Hồ Chí Minh": "Phường 15, Quận Tân Bình, Thành phố Hồ Chí Minh",
    "P15, Q.1, TP.HCM": "Phường 15, Quận 1, Thành phố Hồ Chí Minh",
    "số 5 P. 07 Q03 TP HCM": "số 5 Phường 7 Quận 3 Thành phố Hồ Chí Minh",
    "TX. Sơn Tây, TP Hà Nội": "Thị xã Sơn Tây, Thành phố Hà Nội",
    "TT. Đông Anh, H. Đông Anh, T. Bắc Ninh": "Thị trấn Đông Anh, Huyện Đông Anh, Tỉnh Bắc Ninh",
    "X. Hoà Bình": "Xã Hòa Bình",
    "Uû ban nh©n d©n": "Ủy ban nhân dân",
    "Thôn 3": "Thôn 3",
    "HÀ NỘI": "Hà Nội",
}


def test_places(standardised: Standardise) -> None:
    rows, _ = standardised([{"residence": place} for place in PLACES])
    assert {place: row["residence"] for place, row in zip(PLACES, rows, strict=True)} == PLACES
    assert rows[0]["residence_key"] == "phuong 15 quan tan binh thanh pho ho chi minh"


def test_persons_elsewhere_are_left_as_they_write_themselves(standardised: Standardise) -> None:
    names = ["Jürgen Müller", "Ðóra Jónsdóttir", "Van den Berg, Jan", "MARY O'NEIL", "Zoë Ç. Ñandú", "Conor McGregor"]
    rows, _ = standardised([{"full_name": name} for name in names], "person")
    assert [row["full_name"] for row in rows] == [
        "Jürgen Müller",
        "Ðóra Jónsdóttir",
        "Jan Van den Berg",
        "Mary O'neil",
        "Zoë Ç Ñandú",
        "Conor McGregor",
    ]
    assert (rows[2]["given_name"], rows[2]["surname"], rows[2]["full_name_middle"]) == ("Jan", "Berg", "Van den")
    assert rows[1]["full_name_key"] == "dora jonsdottir"


def test_a_whole_name_is_made_of_its_parts(standardised: Standardise) -> None:
    row = standardised([{"given_name": "JEAN", "surname": "le Blanc"}], "person")[0][0]
    assert (row["full_name"], row["full_name_key"]) == ("Jean le Blanc", "jean le blanc")
    assert (row["full_name_given"], row["full_name_family"]) == ("Jean", "le Blanc")
    row = standardised([{"given_name": "Jean"}], "person")[0][0]
    assert (row["full_name"], row["surname"]) == ("Jean", None)
