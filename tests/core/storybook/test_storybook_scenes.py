"""The storybook's scenes, pictures, addresses and captions."""

import re
from collections import Counter

import numpy as np
import pytest

from captionviewer.core.coco.folder_layout import SPLITS
from captionviewer.core.storybook import picture
from captionviewer.core.storybook.addresses import address, picture_of, scene_at
from captionviewer.core.storybook.kinds import KINDS
from captionviewer.core.storybook.scene_edits import things_of
from captionviewer.core.storybook.scenes import NUM_SCENES, Scene, scene
from captionviewer.core.storybook.sentences import PATTERNS, captions
from captionviewer.core.storybook.words import NOUNS, RELATIONS


@pytest.fixture(scope="module")
def every_scene() -> dict[str, list[Scene]]:
    return {split: [scene(split, number) for number in range(NUM_SCENES[split])] for split in SPLITS}


def test_no_val_scene_tells_the_story_of_a_train_scene(every_scene: dict[str, list[Scene]]) -> None:
    train = {one.description for one in every_scene["train"]}
    assert len(train) > 0.8 * NUM_SCENES["train"]
    assert not train & {one.description for one in every_scene["val"]}


def test_the_main_thing_is_the_largest_of_its_scene(every_scene: dict[str, list[Scene]]) -> None:
    for one in every_scene["train"] + every_scene["val"]:
        smallest = min(thing.area for thing in one.main)
        assert all(company.thing.area < 0.9 * smallest for company in one.company), one.description


def test_nothing_has_a_colour_in_which_its_kind_is_never_seen(every_scene: dict[str, list[Scene]]) -> None:
    """So that a pair of the kind "unseen" shows what training never did."""
    assert all(
        thing.colour in KINDS[thing.kind].colours
        for scenes in every_scene.values()
        for one in scenes
        for thing in things_of(one)
    )


def test_things_stay_within_the_picture(every_scene: dict[str, list[Scene]]) -> None:
    for one in every_scene["train"]:
        for thing in (*one.main, *(company.thing for company in one.company)):
            half = thing.height * KINDS[thing.kind].aspect / 2
            seen = min(thing.x + half, 4 / 3) - max(thing.x - half, 0)
            assert seen > 0.9 * 2 * half, (one.description, thing)
            assert -0.05 < thing.y < 1 and thing.y + thing.height < 1.06, (one.description, thing)


def test_every_kind_relation_and_setting_is_met_often(every_scene: dict[str, list[Scene]]) -> None:
    kinds = Counter(one.kind for one in every_scene["train"])
    assert set(kinds) == set(KINDS) and min(kinds.values()) > 80
    assert min(Counter(one.kind for one in every_scene["val"]).values()) >= 5
    relations = Counter(company.relation for one in every_scene["train"] for company in one.company)
    assert set(relations) == set(RELATIONS) and min(relations.values()) > 50
    assert {len(one.main) for one in every_scene["val"]} == {1, 2, 3}


def test_a_thing_on_another_stands_on_it(every_scene: dict[str, list[Scene]]) -> None:
    for one in every_scene["train"]:
        for company in one.company:
            if company.relation == "on":
                base = one.main[0]
                assert abs(company.thing.x - base.x) < base.height * KINDS[base.kind].aspect / 2
                assert base.y < company.thing.y <= base.y + base.height


def test_a_place_that_is_kept_gives_the_picture_that_is_drawn_anew(
    every_scene: dict[str, list[Scene]],
) -> None:
    snowy = next(one for one in every_scene["val"] if one.setting == "snow")
    picture._place_alone.cache_clear()
    first = picture.draw(snowy)
    assert np.array_equal(picture.draw(snowy), first)
    assert picture._place_alone.cache_info().hits == 1


def test_a_picture_is_the_same_each_time_and_unlike_any_other() -> None:
    first = picture_of("storybook:val/000003")
    assert first.shape == (360, 480, 3) and first.dtype == np.uint8
    assert np.array_equal(first, picture_of("storybook:val/000003"))
    for other in ("storybook:val/000004", "storybook:train/000003"):
        assert np.abs(first.astype(int) - picture_of(other)).mean() > 10


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_main_thing_can_be_seen_in_the_picture(kind: str, every_scene: dict[str, list[Scene]]) -> None:
    """Its box differs, pixel for pixel, from that of the same scene without it."""
    from dataclasses import replace

    from captionviewer.core.storybook.picture import draw

    one = next(s for s in every_scene["train"] if s.kind == kind and not s.company and len(s.main) == 1)
    thing = one.main[0]
    hidden = replace(one, main=(replace(thing, x=-9.0),))
    rows = slice(max(0, int(360 * (1 - thing.y - thing.height))), int(360 * (1 - thing.y)))
    half = 360 * thing.height * KINDS[kind].aspect / 2
    columns = slice(max(0, int(360 * thing.x - half)), int(360 * thing.x + half))
    change = np.abs(draw(one).astype(int) - draw(hidden))[rows, columns].max(axis=2)
    assert (change > 12).mean() > 0.2


@pytest.mark.parametrize(
    "wrong",
    [
        "", "storybook:", "storybook:train/12", "storybook:test/000001", "storybook:val/999999",
        "storybook:train/000001\n", "http://example.org/storybook:train/000001", "storybook:train/٠٠٠٠٠١",
        "storybook:train/../../000001",
    ],
)  # fmt: skip
def test_an_address_that_is_none_of_ours_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="storybook"):
        picture_of(wrong)


def test_an_address_leads_back_to_its_scene() -> None:
    for split in SPLITS:
        last = NUM_SCENES[split] - 1
        found = scene_at(address(split, last))
        assert (found.split, found.number) == (split, last)


def test_captions_are_five_different_short_sentences_in_plain_words(
    every_scene: dict[str, list[Scene]],
) -> None:
    for one in every_scene["val"]:
        said = [caption.text for caption in captions(one)]
        assert len(set(said)) == 5
        assert len({caption.pattern for caption in captions(one)}) == 5
        for text in said:
            assert re.fullmatch(r"[a-z]+( [a-z]+)*", text), text
            assert 3 <= len(text.split()) <= 15, text
            assert not re.search(r"\ba [aeiou]|\ban [^aeiou]|\b(\w+) \1\b", text), text


def test_no_sentence_pattern_makes_over_a_tenth_of_the_captions(every_scene: dict[str, list[Scene]]) -> None:
    made = Counter(caption.pattern for one in every_scene["train"][:1000] for caption in captions(one))
    assert max(made.values()) / sum(made.values()) < 0.1
    assert set(made) == {pattern for pattern, _, _ in PATTERNS}


def test_captions_speak_of_what_is_there(every_scene: dict[str, list[Scene]]) -> None:
    for one in every_scene["val"]:
        there = {one.kind, *(company.thing.kind for company in one.company)}
        told = " | ".join(caption.text for caption in captions(one))
        for kind, nouns in NOUNS.items():
            if kind in there or kind in ("tree", "house", "flower", "bear"):
                continue
            assert not re.search(rf"\b({'|'.join(name for noun in nouns for name in noun[:2])})\b", told), (
                kind,
                told,
            )
        named = sum(
            any(re.search(rf"\b{name}\b", caption.text) for noun in NOUNS[one.kind] for name in noun[:2])
            for caption in captions(one)
        )
        assert named >= 4, told
