"""The task queue. A task is only a wake-up: the work itself is a row written with its cause."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("regulars", task_cls="config.runs:Remembered")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
