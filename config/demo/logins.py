"""Who may sign in to the demo, and how. Known to everybody, so they exist only where `DEMO` is set."""

from businesses.models import Role
from config.demo import corner_records, main_street, oba, own_circle, quickmart
from config.demo.preset import Shop

PASSWORD = "regulars-demo"  # noqa: S105 - printed for whoever starts a demo
PIN = "204816"  # of every owner and manager, to approve a large sale on a cashier's screen
SUPERADMIN = "admin@regulars.example"


SHOWN = (main_street.CAFE, oba.CHAIN, own_circle.RESTAURANT, quickmart.SHOP)


def logins() -> list[dict[str, str | None]]:
    """Everybody of one business per programme, whoever shows something else, and the superadmin."""
    return [
        *(_login(shop, role) for shop in SHOWN for role in (Role.OWNER, Role.MANAGER, Role.CASHIER)),
        _login(own_circle.CLINIC, Role.CASHIER),
        _login(corner_records.PRESET.shops[0], Role.OWNER),
        {"role": "superadmin", "email": SUPERADMIN, "password": PASSWORD, "business": None},
    ]


def _login(shop: Shop, role: Role) -> dict[str, str | None]:
    email = next(worker.email for worker in shop.workers if worker.role == role)
    return {"role": role.value, "email": email, "password": PASSWORD, "business": shop.name}
