"""What a territory has of its own."""

from shapely import box, to_wkb

from app.models import Territory
from app.services.local import Local, local
from tests.city import CENTRE, City


def test_what_a_territory_does_not_say_is_as_above_it(city: City) -> None:
    with city.ctx.db.write() as session:
        city_row = session.get_one(Territory, city.quartier_id)
        city_row.settings, city_row.changed_at = {"phone": "04 65 71 00 01", "first_posts_wait": True, "of_old": 1}, city.ctx.now()
        below = Territory(
            name="Nord", kind="quartier", parent_id=city_row.id, settings={"phone": "04 65 71 00 02"}, changed_at=city.ctx.now(),
            shape=to_wkb(box(CENTRE[0], CENTRE[1], CENTRE[0] + 0.1, CENTRE[1] + 0.1)),
        )  # fmt: skip
        session.add(below)
        session.flush()
        hours, answers = city.ctx.settings.city_hours, (4, 13, 26)
        assert local(session, city.ctx, below.id) == Local("04 65 71 00 02", hours, *answers, first_posts_wait=True)
        assert local(session, city.ctx, city_row.id) == Local("04 65 71 00 01", hours, *answers, first_posts_wait=True)
        assert local(session, city.ctx, None) == local(session, city.ctx, 9999) == Local(city.ctx.settings.city_phone, hours, *answers)
