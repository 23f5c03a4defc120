"""Programmes to look at and to try things on: `manage.py demo` loads them where `DEMO` is set, and nowhere else."""

from config.demo import corner_records, main_street

PRESETS = (main_street.PRESET, corner_records.PRESET)
