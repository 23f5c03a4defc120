"""Catalogues as people would write them down: a headline per category, and its products with price and popularity."""

from decimal import Decimal

from config.demo.preset import Product


def catalogue(*, prefix: str, text: str) -> tuple[Product, ...]:
    """`# category`, then lines `name | price | draw`, the price with ` kg` where the product is weighed.

    An article number is the prefix, the number of the category and that of the product in it.
    """
    products: list[Product] = []
    category, shelf, number = "", 0, 0
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("#"):
            category, shelf, number = line.removeprefix("#").strip(), shelf + 1, 0
            continue
        name, price, draw = (part.strip() for part in line.split("|"))
        number += 1
        products.append(
            Product(
                sku=f"{prefix}{shelf:02}{number:02}",
                name=name,
                category=category,
                price=Decimal(price.removesuffix(" kg")),
                draw=float(draw),
                weighed=price.endswith(" kg"),
            )
        )
    return tuple(products)
