"""Sixteen hundred branches: how many in which district or town, and the streets they stand in.

The shares follow where people live and shop: half of them in Bakı and around it. Streets are real ones; which house
a branch has is made up.
"""

from dataclasses import replace
from typing import NamedTuple

from config.demo.preset import Place

BUSY = 48  # how many live by the first branch, which has a cashier, for one by any other


class Area(NamedTuple):
    city: str
    district: str
    branches: int
    streets: tuple[str, ...]


def _areas(text: str) -> tuple[Area, ...]:
    """Lines of `city / district | branches | streets`; a town has no district."""
    areas = []
    for line in text.strip().splitlines():
        where, branches, streets = (part.strip() for part in line.split("|"))
        city, _, district = where.partition(" / ")
        areas.append(Area(city, district, int(branches), tuple(street.strip() for street in streets.split(","))))
    return tuple(areas)


BAKU = _areas("""
Bakı / Nəsimi | 71 | Cəfər Cabbarlı küç., Nizami küç., Səməd Vurğun küç., 28 May küç., Füzuli küç., Azadlıq pr.
Bakı / Yasamal | 84 | Şərifzadə küç., İnşaatçılar pr., Mətbuat pr., Hüseyn Cavid pr., Zərdabi küç., Abbas Mirzə küç.
Bakı / Xətai | 86 | Xocalı pr., Nobel pr., Yusif Səfərov küç., Mehdi Mehdizadə küç., Babək pr., Gəncə pr.
Bakı / Nizami | 66 | Qara Qarayev pr., Rüstəm Rüstəmov küç., Elşən Süleymanov küç., Məmməd Hadi küç., Naxçıvani küç.
Bakı / Nərimanov | 62 | Atatürk pr., Təbriz küç., Əhməd Rəcəbli küç., Ağa Nemətulla küç., Fətəli xan Xoyski küç.
Bakı / Binəqədi | 84 | 7-ci mikrorayon, 8-ci mikrorayon, 9-cu mikrorayon, M. Ə. Rəsulzadə qəs., Biləcəri qəs.
Bakı / Səbail | 35 | İstiqlaliyyət küç., Neftçilər pr., Bayıl qəs., Badamdar qəs., Bülbül pr.
Bakı / Sabunçu | 67 | Bakıxanov qəs., Maştağa qəs., Zabrat qəs., Ramana qəs., Kürdəxanı qəs.
Bakı / Suraxanı | 60 | Yeni Günəşli qəs., Qaraçuxur qəs., Hövsan qəs., Əmircan qəs., Bülbülə qəs.
Bakı / Xəzər | 47 | Mərdəkan qəs., Buzovna qəs., Binə qəs., Şüvəlan qəs., Qala qəs.
Bakı / Qaradağ | 33 | Lökbatan qəs., Sahil qəs., Ələt qəs., Səngəçal qəs., Qızıldaş qəs.
Bakı / Pirallahı | 7 | Pirallahı qəs., Çilov qəs.
""")
BIG_TOWNS = _areas("""
Sumqayıt | 108 | Sülh küç., Səməd Vurğun küç., Nizami küç., Heydər Əliyev pr., Koroğlu küç., 9-cu mikrorayon, Corat qəs.
Gəncə | 84 | Atatürk pr., Heydər Əliyev pr., Cavad xan küç., Nizami küç., Şah İsmayıl Xətai pr., Əhmədli küç.
Xırdalan | 42 | Heydər Əliyev pr., H. Z. Tağıyev küç., 26-cı məhəllə, AAAF parkı, Mehdi Hüseynzadə küç.
Mingəçevir | 36 | Heydər Əliyev pr., Nizami küç., Səməd Vurğun küç., Dilarə Əliyeva küç., Üzeyir Hacıbəyov küç.
Şirvan | 24 | Heydər Əliyev pr., Azərbaycan pr., M. Ə. Rəsulzadə küç., Bəxtiyar Vahabzadə küç.
Lənkəran | 24 | Heydər Əliyev pr., Füzuli küç., Mirzə Ələkbər Sabir küç., Sahil küç.
Naxçıvan | 24 | Heydər Əliyev pr., Nizami küç., İstiqlal küç., Əliabad qəs.
Şəki | 22 | M. F. Axundzadə pr., M. Ə. Rəsulzadə küç., 20 Yanvar küç., Nəriman Nərimanov küç.
""")
EVERYWHERE = ("Heydər Əliyev pr.", "Nizami küç.", "Füzuli küç.", "Səməd Vurğun küç.", "28 May küç.", "Azadlıq küç.")
TOWNS = """
Yevlax 17, Xaçmaz 17, Quba 16, Şəmkir 16, Bərdə 16, Cəlilabad 15, Masallı 15, Salyan 15, Sabirabad 14, Ağdam 7,
Göyçay 13, Tovuz 13, İmişli 12, Ağcabədi 12, Kürdəmir 12, Zaqatala 12, Qəbələ 12, Şamaxı 12, Biləsuvar 11, Qusar 11,
Ağdaş 11, Qazax 11, Masazır 11, Goranboy 10, Saatlı 10, Neftçala 9, Beyləqan 9, Ucar 9, İsmayıllı 9, Balakən 9,
Şərur 9, Gədəbəy 8, Ağstafa 8, Astara 8, Tərtər 8, Hacıqabul 8, Göygöl 7, Siyəzən 7, Şabran 7, Qobustan 6, Samux 6,
Culfa 6, Saray 6, Qax 6, Zərdab 6, Oğuz 5, Novxanı 5, Ordubad 5, Yardımlı 5, Lerik 5, Babək 5, Naftalan 5, Digah 5,
Füzuli 4, Daşkəsən 4, Xızı 3, Şuşa 3, Xankəndi 5, Laçın 3
"""


def _towns(text: str) -> tuple[Area, ...]:
    pairs = (town.strip().rsplit(" ", 1) for town in text.split(","))
    return tuple(Area(city, "", int(branches), EVERYWHERE) for city, branches in pairs)


def _places(area: Area) -> list[Place]:
    return [
        Place(
            name=f"{area.district or area.city} {number:0{len(str(area.branches))}}",  # sorted by name is by number
            city=area.city,
            address=_address(area, number),
            hours="Hər gün 08:00–23:00" if number % 5 else "Hər gün 00:00–24:00",
        )
        for number in range(1, area.branches + 1)
    ]


def _address(area: Area, number: int) -> str:
    house = 1 + (number * 37) % 149
    street = area.streets[number % len(area.streets)]
    return f"{street}, {house}, {area.district} r." if area.district else f"{street}, {house}"


_ALL = [place for area in (*BAKU, *BIG_TOWNS, *_towns(TOWNS)) for place in _places(area)]
PLACES = (replace(_ALL[0], draw=BUSY), *_ALL[1:])
