"""The tree of a business's categories. It is small enough to be held in the hand: read whole, with one query.

A path is what people and tills write: “Home / Kitchen”. Names are compared without regard to case.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count

from businesses import alphabet
from businesses.catalogue.models import Product, ProductCategory
from businesses.models import Business

SEPARATOR = " / "
DEEPEST = 5
LONGEST_NAME = 60
MOST = 2_000
NAMES = "SELECT id, parent_id, name FROM businesses_productcategory WHERE business_id = %(business)s::bigint"


class TooDeep(ValueError):
    """More than `DEEPEST` names above one another."""


class TooMany(ValueError):
    """The business has `MOST` categories."""


class NameTaken(ValueError):
    """There is one of this name on the same shelf."""


class InsideItself(ValueError):
    """The new place is within the category itself: nobody would find it any more."""


class NotEmpty(ValueError):
    """It holds products or categories."""


class Node(NamedTuple):
    """A category with its path and all categories below it, itself among them."""

    category: ProductCategory
    path: str
    depth: int
    within: list[int]


@dataclass
class Tree:
    """All categories of a business, each before those inside it, by name."""

    business: Business
    nodes: dict[int, Node] = field(default_factory=dict)

    @classmethod
    def of(cls, business: Business) -> "Tree":
        tree = cls(business)
        children: dict[int | None, list[ProductCategory]] = {}
        for each in ProductCategory.objects.filter(business=business):
            children.setdefault(each.parent_id, []).append(each)
        tree._grow(children, None, "", 0)
        return tree

    def _grow(self, children: dict[int | None, list[ProductCategory]], parent: int | None, path: str, at: int) -> None:
        for each in sorted(children.get(parent, ()), key=lambda row: alphabet.order(row.name, self.business.language)):
            own = f"{path}{SEPARATOR}{each.name}" if path else each.name
            node = self.nodes[each.pk] = Node(each, own, at, [each.pk])
            self._grow(children, each.pk, own, at + 1)
            node.within.extend(pk for child in children.get(each.pk, ()) for pk in self.nodes[child.pk].within)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    def path(self, category_id: int | None) -> str:
        return self.nodes[category_id].path if category_id in self.nodes else ""

    def find(self, named: str) -> Node | None:
        """By id or by path."""
        try:
            public_id = UUID(named)
        except ValueError:
            wanted = _folded(split(named))
            return next((node for node in self if _folded(split(node.path)) == wanted), None)
        return next((node for node in self if node.category.public_id == public_id), None)


def paths(business_id: int) -> dict[int, str]:
    """The path of each category of a business, by its id."""
    with connection.cursor() as cursor:
        cursor.execute(NAMES, {"business": business_id})
        rows = {pk: (parent, name) for pk, parent, name in cursor.fetchall()}

    def path(pk: int) -> str:
        parent, name = rows[pk]
        return f"{path(parent)}{SEPARATOR}{name}" if parent else name

    return {pk: path(pk) for pk in rows}


def split(path: str) -> tuple[str, ...]:
    """The names of a path. A stroke without spaces around it is a part of a name: “Buns/Rolls”."""
    parts = re.split(r"\s/\s", f" {path} ")
    return tuple(name for part in parts if (name := " ".join(part.split())[:LONGEST_NAME].strip()))


def ensure(*, business: Business, paths: Iterable[str]) -> dict[str, int | None]:
    """The ids of the categories by those paths, made where there are none; None for an empty path.

    Raises `TooDeep`, `TooMany`.
    """
    wanted = {path: split(path) for path in dict.fromkeys(paths)}
    if any(len(names) > DEEPEST for names in wanted.values()):
        raise TooDeep
    with transaction.atomic():
        known = _known(business)
        if any(_folded(names) not in known for names in wanted.values() if names):
            Business.objects.select_for_update(no_key=True).get(pk=business.pk)  # two files at once make each name once
            known = _known(business)
            for names in sorted(wanted.values(), key=len):
                _make(business, names, known)
    return {path: known[_folded(names)] if names else None for path, names in wanted.items()}


def _known(business: Business) -> dict[tuple[str, ...], int]:
    return {_folded(split(node.path)): node.category.pk for node in Tree.of(business)}


def _make(business: Business, names: tuple[str, ...], known: dict[tuple[str, ...], int]) -> None:
    for depth in range(1, len(names) + 1):
        folded = _folded(names[:depth])
        if folded in known:
            continue
        if len(known) >= MOST:
            raise TooMany
        made = ProductCategory.objects.create(
            business=business, parent_id=known.get(folded[:-1]), name=names[depth - 1]
        )
        known[folded] = made.pk


@transaction.atomic
def change(*, category: ProductCategory, name: str, parent: ProductCategory | None) -> None:
    """Another name, another place. Raises `InsideItself`, `NameTaken`, `TooDeep`."""
    Business.objects.select_for_update(no_key=True).get(pk=category.business_id)  # two moves at once make no circle
    tree = Tree.of(category.business)
    own = tree.nodes[category.pk]
    if parent and parent.pk in own.within:
        raise InsideItself
    height = max(tree.nodes[pk].depth for pk in own.within) - own.depth
    if parent and tree.nodes[parent.pk].depth + 1 + height >= DEEPEST:
        raise TooDeep
    beside = ProductCategory.objects.filter(business=category.business_id, parent=parent, name__iexact=name)
    if beside.exclude(pk=category.pk).exists():
        raise NameTaken
    ProductCategory.objects.filter(pk=category.pk).update(name=name, parent=parent)


@transaction.atomic
def remove(*, category: ProductCategory) -> None:
    """An empty one. Raises `NotEmpty`."""
    Business.objects.select_for_update(no_key=True).get(pk=category.business_id)
    if category.children.exists() or category.products.exists():
        raise NotEmpty
    ProductCategory.objects.filter(pk=category.pk).delete()


def counts(tree: Tree) -> dict[int, int]:
    """How many products stand in each category, those further inside counted too."""
    own = Product.objects.filter(business=tree.business).exclude(category=None).values_list("category")
    direct: dict[int, int] = dict(own.annotate(count=Count("pk")))
    return {pk: sum(direct.get(each, 0) for each in node.within) for pk, node in tree.nodes.items()}


def _folded(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)
