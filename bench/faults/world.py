"""Whom the tills serve: three businesses of one programme, customers with points, and some who agreed to messages.

Runs within the installation, by `./run manage shell`.
"""

import json
from typing import Any

from bench.load.world import FIRST_PHONE, make_world

TICK = "faults-tick"  # a task that does next to nothing, every second: whether beat, Valkey and the worker all live
OTHERS = (("alma", "Alma", 2), ("tut", "Tut", "0.5"))
COFFEE = {"name": "Coffee", "points": 15, "stock": 150}  # many more will want one
EACH_AGREED = 25  # every so many customers agreed to messages of all businesses


def phone(number: int) -> str:
    return f"+994{FIRST_PHONE + number}"


def main(customers: int) -> None:
    from django.utils import timezone
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    from businesses.models import Business, Program
    from customers import consents
    from customers.models import Channel, Customer
    from loyalty import rewards

    world = make_world(customers)
    keys = {"nar": world.key} | {slug: _business(Program.objects.get(), slug, *about) for slug, *about in OTHERS}
    agreed = [phone(number) for number in range(EACH_AGREED, customers + 1, EACH_AGREED)]
    for business in Business.objects.all():
        for customer in Customer.objects.filter(phone__in=agreed):
            consents.give(
                customer_id=customer.pk, business_id=business.pk, channel=Channel.SMS, source="api", at=timezone.now()
            )
    every_second, _ = IntervalSchedule.objects.get_or_create(every=1, period="seconds")
    PeriodicTask.objects.create(name=TICK, task="customers.tasks.forget_codes", interval=every_second)
    coffee = rewards.make(program=Program.objects.get(), business=None, values=COFFEE)
    print(json.dumps({"keys": keys, "agreed": agreed, "reward": str(coffee.public_id)}))


def _business(program: Any, slug: str, name: str, rate: Any) -> str:
    from businesses import api_keys
    from businesses.models import Branch, Business

    business = Business.objects.create(
        program=program, slug=slug, name=name, category="cafe", country="AZ", time_zone="Asia/Baku", earn_rate=rate
    )
    Branch.objects.create(business=business, name="Main")
    return api_keys.create(business=business, name="Till", scopes=["read", "earn", "redeem"])[1]
