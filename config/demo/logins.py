"""Who may sign in to the demo, and how. Known to everybody, so they exist only where `DEMO` is set."""

from businesses.models import Role
from config.demo import corner_records, main_street
from config.demo.preset import Shop

PASSWORD = "regulars-demo"  # noqa: S105 - printed for whoever starts a demo
SUPERADMIN = "admin@regulars.example"


def logins() -> list[dict[str, str | None]]:
    cafe, records = main_street.CAFE, corner_records.PRESET.shops[0]
    return [
        _login(cafe, Role.OWNER),
        _login(cafe, Role.MANAGER),
        _login(cafe, Role.CASHIER),
        _login(records, Role.OWNER),
        {"role": "superadmin", "email": SUPERADMIN, "password": PASSWORD, "business": None},
    ]


def _login(shop: Shop, role: Role) -> dict[str, str | None]:
    email = next(worker.email for worker in shop.workers if worker.role == role)
    return {"role": role.value, "email": email, "password": PASSWORD, "business": shop.name}
