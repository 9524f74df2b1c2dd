"""What the pages of the second factor are given."""

import segno

from mispmini.services import second_factor
from mispmini.web import pages
from mispmini.web.who import current_viewer

_SCALE = 4  # CSS pixels of a module


def offer_page(form: pages.Form) -> pages.TotpPage:
    """A seed to scan or to type, the same one again while the form is shown again."""
    offered = second_factor.offer(current_viewer(), form.value("seed"))
    picture = segno.make(offered.uri).svg_data_uri(scale=_SCALE, light="#fff")
    return pages.TotpPage(form=form, seed=offered.seed, uri=offered.uri, picture=picture)


def box() -> pages.SecondFactorBox | None:
    """How one's own second factor stands; None where this instance asks for none."""
    if not second_factor.is_offered():
        return None
    factor = second_factor.factor_of(current_viewer())
    return pages.SecondFactorBox(is_on=factor is not None, codes_left=factor.codes_left if factor else 0)
