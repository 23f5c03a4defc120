"""What belongs to the installation as a whole and to no app."""

from django.db import models


class DemoProgress(models.Model):
    """How far a demo programme is loaded, for every process to see. `until_on` fixes its year: a load that was cut
    short goes on with the same one, whatever day it is then."""

    program = models.SlugField(unique=True)
    until_on = models.DateField()
    percent = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(percent__lte=100), name="demo_percent_to_100")]
