"""Where whoever is brought can join: an open branch of a business that takes part."""

from businesses.models import Branch, BusinessStatus, Program


def first(program: Program) -> Branch | None:
    taking_part = Branch.objects.filter(
        business__program=program,
        business__status=BusinessStatus.ACTIVE,
        business__confidential=False,
        business__referral_pause=None,
        closed_at=None,
    )
    return taking_part.select_related("business__program").order_by("business", "pk").first()
