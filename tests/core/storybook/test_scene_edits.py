"""Edits change what they say and nothing else, and every scene that comes of them can be drawn."""

import numpy as np
import pytest

from captionviewer.core.storybook.kinds import KINDS
from captionviewer.core.storybook.picture import draw
from captionviewer.core.storybook.places import SETTINGS
from captionviewer.core.storybook.scene_edits import (
    MOST_ALIKE,
    any_scene,
    moved,
    things_of,
    times_of,
    what_changed,
    with_colour,
    with_companion,
    with_count,
    with_height,
    with_kind,
    with_setting,
    with_time,
    without,
)
from captionviewer.core.storybook.scene_pairs import PAIR_KINDS, PairKind, ScenePair, draw_pair
from captionviewer.core.storybook.scenes import Scene, scene
from captionviewer.core.storybook.sentences import captions


def car() -> Scene:
    """The first scene of val whose main thing is one car."""
    return next(one for n in range(400) if (one := scene("val", n)).kind == "car" and len(one.main) == 1)


def test_a_colour_is_changed_and_nothing_else() -> None:
    before = car()
    wanted = "purple" if before.colour != "purple" else "red"
    after = with_colour(before, 0, wanted)
    assert after.colour == wanted and with_colour(after, 0, before.colour) == before
    assert what_changed(before, after) == f"{before.colour} car → {wanted} car"
    one, other = draw(before, 90).astype(int), draw(after, 90).astype(int)
    thing = before.main[0]
    rows, columns = np.nonzero(np.abs(one - other).sum(axis=2) > 40)
    assert len(rows) > 50
    assert (np.abs(columns / 90 - thing.x) < 0.7 * thing.height * KINDS["car"].aspect).all()


def test_things_in_every_place_stand_where_such_things_can_be() -> None:
    for number in range(0, 60, 3):
        for setting, where in SETTINGS.items():
            after = with_setting(scene("train", number), setting)
            assert after.time in times_of(setting) and after.setting == setting
            for thing in after.main:
                if thing.place == "stands":
                    assert where.stands[0] - 1e-4 <= thing.y <= where.stands[1] + 1e-4
                elif thing.place == "floats":
                    assert where.floats is not None and where.floats[0] <= thing.y <= where.floats[1]
            if setting in ("room", "forest"):
                assert after.sky_body == ""


def test_the_moon_is_up_at_night_only() -> None:
    lit = next(one for n in range(400) if (one := scene("val", n)).sky_body == "sun")
    assert with_time(lit, "night").sky_body == "moon" and with_time(lit, "sunset").sky_body == "sun"


def test_two_and_three_stand_side_by_side_and_one_comes_back() -> None:
    dog = next(one for n in range(400) if (one := scene("val", n)).kind == "dog" and len(one.main) == 1)
    for count in range(2, MOST_ALIKE + 1):
        several = with_count(dog, count)
        at = [thing.x for thing in several.main]
        assert len(at) == count and min(np.diff(at)) > 0.9 * several.main[0].height * KINDS["dog"].aspect
        assert all(0 < x < 4 / 3 for x in at)
        again = with_count(several, 1)
        assert len(again.main) == 1 and again.main[0].height == pytest.approx(dog.main[0].height, abs=1e-3)
    assert len(with_kind(with_count(dog, 3), 0, "car").main) == 1  # cars keep to themselves
    with pytest.raises(ValueError, match="there can't be 2 of car"):
        with_count(car(), 2)
    with pytest.raises(ValueError, match="at least one"):
        without(dog, 0)


def test_company_comes_moves_and_goes() -> None:
    rng = np.random.default_rng(2)
    before = car()
    after = with_companion(before, "bird", "red", rng)
    which = len(things_of(before))
    assert things_of(after)[which].kind == "bird" and what_changed(before, after) == "+ red bird"
    assert without(after, which) == before
    for x, side in ((0.3, 1), (1.1, -1)):
        stands = moved(before, 0, x, before.main[0].y)
        added = with_companion(stands, "bird", "red", rng).company[0].thing
        assert side * (added.x - x) > before.main[0].height / 2, "it comes where there is more room"
    above = moved(after, which, before.main[0].x, 0.9)
    assert above.company[-1].relation == "above" and what_changed(after, above) == "moved"
    foot = before.main[0]
    for up, relation in ((0.15, "behind"), (0.0, "next to"), (-0.08, "in front of")):
        assert moved(after, which, foot.x + 0.4, foot.y + up).company[-1].relation == relation
    assert moved(after, which, -5, 7) != after
    assert 0 <= things_of(moved(after, which, -5, 7))[which].x <= 4 / 3
    assert what_changed(after, with_height(after, which, 0.3)) == "another size"


def test_any_kind_can_take_the_place_of_any_other_and_be_drawn() -> None:
    rng = np.random.default_rng(7)
    kinds = list(KINDS)
    for _ in range(8):
        one = any_scene(rng)
        for which in range(len(things_of(one))):
            one = with_kind(one, min(which, len(things_of(one)) - 1), kinds[int(rng.integers(len(kinds)))])
        assert draw(one, 60).shape == (60, 80, 3)


def test_a_change_is_told_by_whole_words() -> None:
    pair = ScenePair("companion", car(), car(), frozenset({"cat", "beach ball"}), frozenset({"red"}))
    assert pair.follows("a cat") and pair.follows("a scared cat by a beach ball")
    for other in ("cattle on a meadow", "a beach and a ball", "a red cat", "a dog"):
        assert not pair.follows(other)


@pytest.mark.parametrize("kind", PAIR_KINDS)
def test_people_follow_the_change_of_a_pair(kind: PairKind) -> None:
    """What the rule calls following is how people tell the second scene, and not how they tell the first."""
    rng = np.random.default_rng(4)
    after = before = told = 0
    for _ in range(40):
        pair = draw_pair(kind, rng)
        assert pair.change
        for one, other in zip(captions(pair.after), captions(pair.before), strict=True):
            told += 1
            after += pair.follows(one.text)
            before += pair.follows(other.text)
    assert after > 0.35 * told and before < 0.02 * told
    if kind == "unseen":
        assert pair.after.colour not in KINDS[pair.after.kind].colours
