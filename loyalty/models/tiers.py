"""The levels of a programme."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from businesses.models import Program


class Tier(models.Model):
    """A level of a programme; its multiplier applies to what its customers earn."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="tiers", verbose_name=_("programme"))
    name = models.CharField(_("name"), max_length=60)
    position = models.PositiveSmallIntegerField(_("position"))
    multiplier = models.DecimalField(_("multiplier"), max_digits=6, decimal_places=3, default=1)

    class Meta:
        verbose_name, verbose_name_plural = _("tier"), _("tiers")
        constraints = [models.UniqueConstraint(fields=["program", "position"], name="tier_position_once")]

    def __str__(self) -> str:
        return self.name
