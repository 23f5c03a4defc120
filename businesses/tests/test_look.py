"""A business's colour and logo: who may choose them, what is refused, and where they show."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from businesses.models import Business, Logo, SettingChange
from conftest import Shop

pytestmark = pytest.mark.django_db
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(kind: str = "PNG", size: tuple[int, int] = (600, 300), mode: str = "RGB", **options: Any) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, 0xC0).save(written, kind, **options)
    return written.getvalue()


def moving(kind: str) -> bytes:
    written = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(written, kind, save_all=True, append_images=frames[1:])
    return written.getvalue()


def huge(side: int) -> bytes:
    """A PNG of a few bytes that claims to be enormous."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def upload(client: Client, content: bytes, name: str = "logo.png", **fields: str) -> Any:
    return client.post("/settings/look/logo/", {"logo": SimpleUploadedFile(name, content), **fields})


def now(shop: Shop) -> Business:
    return Business.objects.get(pk=shop.business.pk)


# --- The colour ---------------------------------------------------------------------------------------------


def test_an_owner_s_colour_is_kept_with_its_author_and_worn_by_the_portal(shop: Shop, owner: Client) -> None:
    assert owner.post("/settings/look/", {"brand_colour": "9F1239"}).status_code == 302
    assert now(shop).brand_colour == "#9f1239"
    change = SettingChange.objects.get()
    assert (change.field, change.before, change.after, change.staff) == ("brand_colour", "", "#9f1239", shop.staff)
    assert 'href="/brands/9f1239.css"' in owner.get("/counter/").text


@pytest.mark.parametrize(
    ("colour", "said"),
    [("#ff0000", "hard to read"), ("red; }", "six digits"), ("<script>", "six digits"), ("x" * 5000, "at most 16")],
)
def test_a_colour_that_does_not_work_is_refused_and_kept_in_its_field(
    shop: Shop, owner: Client, colour: str, said: str
) -> None:
    answer = owner.post("/settings/look/", {"brand_colour": colour})
    assert answer.status_code == 422
    assert said in answer.text
    assert answer.context["colour_form"]["brand_colour"].value() == colour
    assert now(shop).brand_colour == ""


def test_the_nearest_colour_is_offered_and_one_press_takes_it(shop: Shop, owner: Client) -> None:
    nearest = owner.post("/settings/look/", {"brand_colour": "#ff0000"}).context["colour_form"].nearest
    # As a browser sends it: the field, and after it the key that was pressed.
    assert owner.post("/settings/look/", {"brand_colour": ["#ff0000", nearest]}).status_code == 302
    assert now(shop).brand_colour == nearest


def test_no_colour_is_our_own_again(shop: Shop, owner: Client) -> None:
    owner.post("/settings/look/", {"brand_colour": "#9f1239"})
    assert owner.post("/settings/look/", {"brand_colour": ""}).status_code == 302
    assert now(shop).style_url == ""


def test_the_style_sheet_of_a_colour_is_kept_for_ever(client: Client) -> None:
    answer = client.get("/brands/9f1239.css")
    assert answer["Content-Type"] == "text/css"
    assert "immutable" in answer["Cache-Control"]
    assert "--brand: #9f1239; --brand-ink: #ffffff; --brand-shade: black" in answer.text


def test_an_unreadable_colour_has_the_style_of_the_nearest_and_nonsense_none(client: Client) -> None:
    assert client.get("/brands/ff0000.css").url.startswith("/brands/f")
    assert client.get("/brands/ff0000.css", follow=True).status_code == 200
    assert client.get("/brands/red.css").status_code == 404


# --- The logo -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("logo.png", picture(mode="RGBA")),
        ("logo.PNG", picture(mode="1")),
        ("logo.png", picture(mode="P")),
        ("logo.jpg", picture("JPEG")),
        ("logo.jpeg", picture("JPEG", mode="CMYK")),
        ("logo.webp", picture("WEBP", size=(1, 900))),
    ],
)
def test_a_picture_is_written_anew_as_a_square(shop: Shop, owner: Client, name: str, content: bytes) -> None:
    assert upload(owner, content, name).status_code == 302
    served = Client().get(now(shop).logo_url)
    assert served["Content-Type"] == "image/webp"
    assert "immutable" in served["Cache-Control"]
    with Image.open(io.BytesIO(served.content)) as seen:
        assert (seen.format, seen.size) == ("WEBP", (256, 256))


def test_nothing_of_the_file_itself_is_kept(shop: Shop, owner: Client) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Baku, Nizami 12"
    upload(owner, picture("JPEG", exif=exif) + b"<script>alert(1)</script>", "logo.jpg")
    kept = bytes(Logo.objects.get().picture)
    assert b"Nizami" not in kept
    assert b"script" not in kept
    with Image.open(io.BytesIO(kept)) as seen:
        assert not seen.getexif()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("logo.svg", SVG, "no PNG, JPEG or WebP"),
        ("logo.png", SVG, "no PNG, JPEG or WebP"),
        ("logo.png", picture("JPEG"), "inside it is JPEG"),
        ("logo.html", picture(), "inside it is PNG"),
        ("logo.png", picture(size=(90, 90))[:-60], "damaged"),
        ("logo.jpg", picture("JPEG", size=(900, 900))[:700], "damaged"),
        ("logo.webp", moving("WEBP"), "moves"),
        ("logo.png", moving("PNG"), "moves"),
        ("logo.gif", picture("GIF"), "no PNG, JPEG or WebP"),
        ("logo.png", huge(5_001), "too many pixels"),
        ("logo.png", huge(60_000), "too many pixels"),
        ("logo.png", picture() + b"\0" * 40_000_000, "larger than 10 MB"),
        ("logo.png", b"", "empty"),
        ("logo.png", b"\0" * 99, "no PNG, JPEG or WebP"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_no_good_picture_is_refused_in_words(
    shop: Shop, owner: Client, name: str, content: bytes, said: str
) -> None:
    answer = upload(owner, content, name)
    assert answer.status_code == 422
    assert said in answer.text
    assert now(shop).logo_url == ""
    assert not Logo.objects.exists()


def test_no_file_at_all_is_asked_for(owner: Client) -> None:
    answer = owner.post("/settings/look/logo/", {})
    assert answer.status_code == 422
    assert "Choose a picture first." in answer.text


def test_a_removed_logo_is_gone_and_the_letter_is_back(shop: Shop, owner: Client) -> None:
    upload(owner, picture())
    address = now(shop).logo_url
    assert address in owner.get("/counter/").text
    assert owner.post("/settings/look/logo/removal/").status_code == 302
    assert Client().get(address).status_code == 404
    assert "<img" not in owner.get("/counter/").text
    assert [change.field for change in SettingChange.objects.all()] == ["logo_digest"] * 2


def test_a_known_picture_is_not_sent_again(shop: Shop, owner: Client) -> None:
    upload(owner, picture())
    first = Client().get(now(shop).logo_url)
    assert Client().get(now(shop).logo_url, headers={"If-None-Match": first["ETag"]}).status_code == 304


# --- Who, and two at once -----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/settings/look/", "/settings/look/logo/", "/settings/look/logo/removal/"])
def test_only_owners_change_the_look(manager: Client, cashier: Client, address: str) -> None:
    assert manager.post(address, {"brand_colour": "#9f1239"}).status_code == 404
    assert cashier.post(address, {"brand_colour": "#9f1239"}).status_code == 404


def test_the_second_of_two_is_told_and_then_decides(shop: Shop, owner: Client) -> None:
    seen = str(owner.get("/settings/look/").context["colour_form"]["seen"].value())
    owner.post("/settings/look/", {"brand_colour": "#9f1239", "seen": seen})
    told = owner.post("/settings/look/", {"brand_colour": "#14532d", "seen": seen})
    assert told.status_code == 422
    assert "Olga changed this from – to #9f1239. Saving puts yours in its place." in told.text
    assert now(shop).brand_colour == "#9f1239"
    again = str(told.context["colour_form"]["seen"].value())
    assert owner.post("/settings/look/", {"brand_colour": "#14532d", "seen": again}).status_code == 302


def test_the_second_of_two_logos_is_told(shop: Shop, owner: Client) -> None:
    upload(owner, picture(), seen="0")
    told = upload(owner, picture(size=(50, 50), mode="L"), seen="0")
    assert told.status_code == 422
    assert "Olga changed the logo while you had this page open." in told.text


def test_an_owner_among_several_is_told_that_the_points_page_stays_blue(
    shop: Shop, owner: Client, new_shop: Callable[..., Shop]
) -> None:
    assert "keeps our blue" not in owner.get("/settings/look/").text
    other = new_shop("other")
    assert "Several businesses share the points of Circle" in owner.get("/settings/look/").text
    Business.objects.filter(pk=other.business.pk).update(status="closed")
    assert "keeps our blue" not in owner.get("/settings/look/").text
    Business.objects.filter(pk=shop.business.pk).update(confidential=True)
    assert "You are confidential" in owner.get("/settings/look/").text
