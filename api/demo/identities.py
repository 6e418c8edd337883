"""Names and numbers of a city that does not exist: right in form, nobody's in life.

Identity numbers have valid check characters and birth years 1850–1899 (DOMAIN §3.7); credit codes have both of their
check characters and the region codes of a real prefecture under made-up names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from ledger.domain.identifiers import check_id_number, check_uscc, organisation_check_digit
from ledger.errors import Invalid

REGIONS = {
    "230800": "示范市",
    "230803": "示范市朝霞区",
    "230804": "示范市和风区",
    "230805": "示范市东明区",
    "230811": "示范市青禾区",
    "230822": "示范市南岭县",
    "230826": "示范市川平县",
    "230828": "示范市原丰县",
    "230881": "示范市江口市",
    "230882": "示范市锦田市",
    "230883": "示范市远望市",
}
_BUREAUS = (
    "发展改革局", "教育局", "科技局", "工业信息化局", "公安局", "民政局", "司法局", "财政局", "自然资源局",
    "生态环境局", "住房城乡建设局", "交通运输局", "水务局", "农业农村局", "商务局", "文化旅游局", "卫生健康局",
)  # fmt: skip
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = "安柏辰楚岱尔帆谷禾霁景珂岚墨宁朴秋若书棠维溪砚逸泽章竹卓"
_CITIZEN_CHECKS = "0123456789X"
_CODE_CHECKS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True, slots=True)
class Body:
    """A unit or an enterprise as it is registered."""

    id: str
    name: str
    uscc: str
    region: str


@dataclass(frozen=True, slots=True)
class Citizen:
    """A person as registered; `region` is that of the number's first six digits."""

    id: str
    name: str
    id_number: str
    region: str


def id_number(region: str, born_on: date, serial: int) -> str:
    """A citizen identity number (GB 11643) with its check character."""
    stem = f"{region}{born_on:%Y%m%d}{serial:03d}"
    for character in _CITIZEN_CHECKS:
        try:
            check_id_number(stem + character)
        except Invalid:
            continue
        return stem + character
    raise AssertionError("one of eleven check characters always fits")


def credit_code(kind: str, region: str, serial: int) -> str:
    """A unified social credit code (GB 32100); `kind` is its first two characters (11 organ, 91 enterprise)."""
    organisation = f"{serial:08d}"
    stem = f"{kind}{region}{organisation}{organisation_check_digit(organisation)}"
    for character in _CODE_CHECKS:
        try:
            check_uscc(stem + character)
        except Invalid:
            continue
        return stem + character
    raise AssertionError("one of thirty-one check characters always fits")


def units() -> list[Body]:
    """The thirty units: the three offices that keep the ledger, the city's bureaus, one service centre per county."""
    named = [("CREDIT-OFFICE", "信用办"), ("PERSONNEL", "人力资源社会保障局"), ("GOV-OFFICE", "政府办公室")]
    named += [(f"U{number:02d}", name) for number, name in enumerate(_BUREAUS, start=1)]
    rows = [(unit_id, REGIONS["230800"] + name, "230800") for unit_id, name in named]
    counties = [region for region in REGIONS if region != "230800"]
    first = len(_BUREAUS) + 1
    rows += [
        (f"U{number:02d}", REGIONS[region] + "政务服务中心", region)
        for number, region in enumerate(counties, start=first)
    ]
    return [
        Body(unit_id, name, credit_code("11", region, 90_000_000 + serial), region)
        for serial, (unit_id, name, region) in enumerate(rows, start=1)
    ]


def enterprises() -> list[Body]:
    """A handful of enterprises that authorities wrote about."""
    names = ("北辰建材", "松江物流", "稻香食品", "明远咨询", "冰城设备", "沃野农机")
    return [
        Body(f"E{n}", f"示范市{name}有限公司", credit_code("91", "230800", 91_000_000 + n), "230800")
        for n, name in enumerate(names, start=1)
    ]


def citizens(count: int, random: Random) -> list[Citizen]:
    """`count` people with different names and numbers, all born before 1900."""
    names = [
        f"{surname}{first}{second}"
        for surname in _SURNAMES
        for first in _GIVEN
        for second in ("", random.choice(_GIVEN))
    ]
    people = []
    for number, name in enumerate(random.sample(sorted(set(names)), count), start=1):
        region = random.choice(list(REGIONS)[1:])
        born_on = date(1850, 1, 1) + timedelta(days=random.randrange(49 * 365))
        people.append(Citizen(f"P{number:03d}", name, id_number(region, born_on, random.randrange(1, 1000)), region))
    return people
