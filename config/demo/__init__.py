"""Programmes to look at and to try things on: `manage.py demo` loads them where `DEMO` is set, and nowhere else."""

from config.demo import corner_records, main_street, oba, own_circle, quickmart

PRESETS = (main_street.PRESET, own_circle.PRESET, oba.PRESET, quickmart.PRESET, corner_records.PRESET)
