"""A photo's caption one timestep at a time, with keys and clicks.

(Past 400 lines: one panel, with every key and click.)
"""

import math
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from captionviewer.core.decoding.surprise import surprise
from captionviewer.ui.sampling.caption_chips import CaptionChips
from captionviewer.ui.session.models import ModelOrigin
from captionviewer.ui.settings import PLAY_SPEED
from tests.coco_folder_writer import write_coco_folder
from tests.ui.sampling.sampling_setup import SOON, learned_model, other_model, shown_sampling
from tests.ui.training.training_setup import import_matplotlib


def test_without_data_or_photo_the_panel_says_what_to_do(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, None) as shown:
        words = [label.text() for label in shown.panel.findChildren(QLabel) if label.isVisible()]
        assert any("Open a folder" in text for text in words)
        assert not shown.panel.play_action.isEnabled() and not shown.panel.export_action.isEnabled()
        shown.open(coco_folder)
        words = [label.text() for label in shown.panel.findChildren(QLabel) if label.isVisible()]
        assert any("Select a photo in Data" in text for text in words)


def test_a_selected_photo_starts_before_its_first_word_with_ten_bars_of_an_untrained_model(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder) as shown:
        record = shown.select("val", 2)
        assert shown.text("timestep") == "timestep 0 of at most 30"
        assert shown.text("sampling_split") == "val"
        assert shown.text("sampling_model") == "Model: untrained RNN"
        assert shown.text("generated_caption") == ""
        assert not shown.panel.back_action.isEnabled() and shown.panel.step_action.isEnabled()
        assert shown.session.models.current is not None
        greedy = shown.greedy_words(record, shown.session.models.current.model)
        bars = shown.bars.bars()
        assert len(bars) == 10 and [bar.word for bar in bars if bar.chosen] == [greedy[0]]
        values = [bar.probability for bar in bars]
        assert values == sorted(values, reverse=True) and values[0] < 0.1
        assert [each.text() for each in shown.ground_truth()] == shown.captions_of(record)


def test_the_bars_and_the_number_of_other_words_make_up_the_vocabulary(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.select("val", 2)
        assert len(shown.bars.bars()) + shown.bars.others == len(shown.dataset.vocabulary)


def test_a_model_of_a_very_long_name_leaves_the_panel_its_width(
    qtbot: QtBot, coco_folder: Path, tmp_path: Path
) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(saved)
        shown.select("val", 2)
        name = "a" * 150 + ".npz"
        with qtbot.waitSignal(shown.session.model_changed):
            shown.session.models.save(tmp_path / name)
        label = shown.panel.findChild(QLabel, "sampling_model")
        assert label is not None
        assert "…" in label.text() and label.text().endswith(
            f"iteration {shown.sample.current.saved.iteration}"
        )
        assert len(label.text()) < 80 and name in label.toolTip()


def test_the_arrow_keys_walk_the_greedy_caption_to_its_end_and_back(qtbot: QtBot, coco_folder: Path) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(saved)
        record = shown.select("train", 3)
        greedy = shown.greedy_words(record, saved.model)
        assert greedy[-1] == "<END>"
        shown.panel.setFocus()
        for count in range(1, len(greedy) + 1):
            shown.press(Qt.Key.Key_Right)
            said = [word for word in greedy[:count] if word != "<END>"]
            assert shown.text("generated_caption") == " ".join(said)
            assert shown.text("timestep") == f"timestep {count} of at most 30"
            chips = shown.panel.findChild(CaptionChips)
            assert chips is not None
            assert [word.text for word in chips.words()] == ["<START>", *greedy]
            assert chips.seen == chips.position == count
        assert not shown.panel.step_action.isEnabled() and not shown.panel.end_action.isEnabled()
        assert shown.text("caption_note")
        shown.press(Qt.Key.Key_Right)
        assert shown.panel.position == len(greedy)
        shown.press(Qt.Key.Key_Left, 2)
        assert shown.text("generated_caption") == " ".join(greedy[:-2])
        assert shown.text("caption_note") == ""
        shown.press(Qt.Key.Key_Home)
        assert shown.panel.position == 0
        shown.press(Qt.Key.Key_End)
        assert shown.panel.position == len(greedy)


def test_the_bars_belong_to_the_word_that_is_chosen_next_and_keep_one_scale(
    qtbot: QtBot, coco_folder: Path
) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(saved)
        record = shown.select("val", 1)
        greedy = shown.greedy_words(record, saved.model)
        scales = set()
        for word in greedy:
            assert [bar.word for bar in shown.bars.bars() if bar.chosen] == [word]
            scales.add(shown.bars.scale)
            shown.click("sampling_step")
        assert len(scales) == 1
        assert scales.pop() >= max(step.probabilities.max() for step in shown.sample.timesteps)
        assert greedy[-2] in shown.text("bars_title")


def test_the_caption_s_probability_is_the_one_that_teacher_forcing_gives_it(
    qtbot: QtBot, coco_folder: Path
) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(saved)
        record = shown.select("val", 1)
        shown.click("sampling_end")
        model = saved.model
        ids = [model.word_to_idx[word] for word in ["<START>", *shown.greedy_words(record, model)]]
        features = shown.dataset.split("val").features.rows(np.array([record.row]))[0]
        log_probability = -float(surprise(model, features, np.array(ids)).sum())
        label = shown.panel.findChild(QLabel, "caption_probability")
        assert label is not None
        assert label.text().startswith("Probability of the whole caption so far: ")
        said = number(label.text().partition(": ")[2])
        assert said == pytest.approx(math.exp(log_probability), rel=0.06)  # two digits are shown
        assert f"perplexity {math.exp(-log_probability / (len(ids) - 1)):,.2f}" in label.toolTip()


def number(words: str) -> float:
    """Read "12.4 %" or "3.1 × 10⁻⁷"."""
    if words.endswith(" %"):
        return float(words[:-2]) / 100
    digits, _times, power = words.partition(" × 10")
    return float(digits) * 10.0 ** int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))


def test_a_chip_clicked_goes_to_its_timestep_and_later_words_stay_to_be_clicked(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(learned_model(coco_folder))
        shown.select("train", 3)
        shown.click("sampling_end")
        length = shown.panel.position
        chips = shown.panel.findChild(CaptionChips)
        assert chips is not None
        shown.panel.clearFocus()
        for index in (2, 0, length):
            qtbot.mouseClick(chips, Qt.MouseButton.LeftButton, pos=chips.boxes()[index].center())
            assert shown.panel.position == index == chips.position
            assert len(chips.words()) == length + 1
        shown.press(Qt.Key.Key_Left)  # the click brought the keyboard here
        assert shown.panel.position == length - 1
        shown.click("sampling_restart")
        assert chips.seen == 0


def test_the_caption_to_come_stands_there_faintly_or_is_hidden_for_who_wants_to_guess(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(learned_model(coco_folder))
        shown.select("train", 3)
        chips = shown.panel.findChild(CaptionChips)
        assert chips is not None
        whole = len(chips.words())
        assert whole > 3 and chips.seen == 0  # to be read at timestep 0, and clicked
        with_them = chips.grab().toImage()
        shown.panel.coming_action.trigger()
        assert len(chips.words()) == 1 and chips.grab().toImage() != with_them
        shown.panel.setFocus()
        shown.press(Qt.Key.Key_Right, 2)
        assert len(chips.words()) == 3
        shown.panel.coming_action.trigger()
        assert len(chips.words()) == whole and chips.seen == 2
        qtbot.mouseClick(chips, Qt.MouseButton.LeftButton, pos=chips.boxes()[whole - 1].center())
        assert shown.panel.position == whole - 1


def test_the_keys_work_only_while_the_keyboard_is_in_the_panel(qtbot: QtBot, coco_folder: Path) -> None:
    window = QWidget()
    field = QLineEdit("beach")
    layout = QVBoxLayout(window)
    layout.addWidget(field)
    qtbot.addWidget(window)
    with shown_sampling(qtbot, coco_folder, within=window) as shown:
        layout.addWidget(shown.panel)
        window.resize(690, 480)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        shown.select("train", 0)
        field.setFocus()
        shown.press(Qt.Key.Key_Right)
        shown.press(Qt.Key.Key_Space)
        assert shown.panel.position == 0 and not shown.panel.play_action.isChecked()
        shown.panel.setFocus()
        shown.press(Qt.Key.Key_Right)
        assert shown.panel.position == 1


def test_space_plays_and_pauses_but_presses_the_button_that_the_keyboard_is_on(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.select("train", 0)
        shown.panel.setFocus()
        shown.press(Qt.Key.Key_Space)
        assert shown.panel.play_action.isChecked() and "Pause" in shown.panel.play_action.text()
        shown.press(Qt.Key.Key_Space)
        assert not shown.panel.play_action.isChecked()
        step = shown.panel.findChild(QWidget, "sampling_step")
        assert step is not None
        step.setFocus()
        before = shown.panel.position
        shown.press(Qt.Key.Key_Space)
        assert shown.panel.position == before + 1 and not shown.panel.play_action.isChecked()


def test_playing_comes_to_the_end_stops_there_and_starts_over_when_asked_again(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(learned_model(coco_folder))
        shown.select("train", 3)
        length = len(shown.sample.timesteps)
        speeds = shown.panel.findChild(QWidget, "sampling_speed")
        assert speeds is not None
        speeds.setFocus()
        shown.press(Qt.Key.Key_Up)  # 1 word a second
        assert shown.session.settings.get(PLAY_SPEED) == 1.0
        shown.press(Qt.Key.Key_Down, 4)
        assert shown.session.settings.get(PLAY_SPEED) == 8.0
        shown.click("sampling_play")
        qtbot.waitUntil(lambda: shown.panel.position == length, timeout=SOON)
        assert not shown.panel.play_action.isChecked()
        shown.click("sampling_play")
        assert shown.panel.position == 0 and shown.panel.play_action.isChecked()


def test_a_hidden_panel_neither_plays_nor_samples_and_catches_up_when_shown(
    qtbot: QtBot, coco_folder: Path
) -> None:
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.select("train", 0)
        shown.click("sampling_play")
        shown.panel.hide()
        assert not shown.panel.play_action.isChecked()
        record = shown.dataset.split("val").record(4)
        shown.session.selection.select(record)
        qtbot.wait(60)
        assert shown.panel.sample is None
        shown.panel.show()
        shown.wait_for_sample()
        assert shown.sample.record == record


def test_a_learned_caption_is_said_to_match_and_a_photo_that_was_never_seen_is_not(
    qtbot: QtBot, coco_folder: Path
) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(saved)
        matches = 0
        for caption_row in saved.caption_rows.tolist():
            record = shown.dataset.split("train").record_of_caption(caption_row)
            shown.session.selection.select(record)
            shown.wait_for_sample()
            trained_on = [each for each in shown.ground_truth() if each.caption().trained_on]
            assert len(trained_on) == 1
            shown.click("sampling_end")
            if shown.text("generated_caption") == trained_on[0].text():
                matches += 1
                assert "matches the caption it was trained on" in shown.text("caption_note")
                assert trained_on[0].caption().same_as_generated
                shown.click("sampling_back")
                assert not trained_on[0].caption().same_as_generated
        assert matches >= 9
        shown.select("val", 0)
        assert not any(each.caption().trained_on for each in shown.ground_truth())


def test_a_caption_found_without_training_on_it_is_said_to_equal_the_ground_truth(
    qtbot: QtBot, coco_folder: Path
) -> None:
    saved = learned_model(coco_folder)
    forgetful = replace(saved, caption_rows=np.empty(0, dtype=np.int64))
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(forgetful)
        told = []
        for caption_row in saved.caption_rows.tolist():
            shown.session.selection.select(shown.dataset.split("train").record_of_caption(caption_row))
            shown.wait_for_sample()
            shown.click("sampling_end")
            texts = [each.text() for each in shown.ground_truth()]
            if shown.text("generated_caption") in texts:
                number = texts.index(shown.text("generated_caption")) + 1
                told.append(shown.text("caption_note").endswith(f"equals ground-truth caption {number}"))
        assert len(told) >= 9 and all(told)


def test_copying_puts_the_caption_so_far_on_the_clipboard(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(learned_model(coco_folder))
        record = shown.select_learned(learned_model(coco_folder))
        assert not shown.panel.copy_caption_action.isEnabled()
        shown.panel.setFocus()
        shown.press(Qt.Key.Key_Right, 3)
        shown.click("sampling_copy")
        greedy = shown.greedy_words(record, learned_model(coco_folder).model)
        assert QGuiApplication.clipboard().text() == " ".join(greedy[:3])


def test_the_bars_are_exported_as_a_picture_and_those_of_all_timesteps_as_a_table(
    qtbot: QtBot, coco_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.use(learned_model(coco_folder))
        shown.select("train", 3)
        assert not shown.panel.export_action.isEnabled()  # Matplotlib is not there yet
        import_matplotlib(shown.session)
        for ending in ("csv", "png"):
            place = str(tmp_path / f"bars.{ending}")
            monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, place=place: (place, ""))
            shown.click("sampling_export")
        lines = (tmp_path / "bars.csv").read_text(encoding="utf-8").splitlines()
        assert lines[0] == "timestep,rank,word_id,word,probability,chosen,decoding"
        assert all(line.endswith(f',"{shown.sample.decoding.words()}"') for line in lines[1:])
        assert len(lines) == 1 + 10 * len(shown.sample.timesteps)
        first = lines[1].split(",")
        assert first[:2] == ["0", "1"] and first[3] == shown.bars.bars()[0].word and first[5] == "1"
        assert (tmp_path / "bars.png").read_bytes().startswith(b"\x89PNG")


def test_features_that_cannot_be_read_are_told_once_and_the_ground_truth_stays(
    qtbot: QtBot, tmp_path: Path
) -> None:
    folder = write_coco_folder(tmp_path / "coco")
    with h5py.File(folder / "train2014_vgg16_fc7_pca.h5", "r+") as file:
        file["features"][6, 3] = np.nan
    with shown_sampling(qtbot, folder) as shown:
        qtbot.waitUntil(lambda: not shown.session.workers.running(), timeout=SOON)  # the scan of all rows
        shown.problems.clear()
        shown.session.selection.select(shown.dataset.split("train").record(6))
        qtbot.waitUntil(lambda: bool(shown.text("sampling_trouble")), timeout=SOON)
        assert "train2014_vgg16_fc7_pca.h5" in shown.text("sampling_trouble")
        assert shown.session.models.current is not None
        shown.use(other_model(shown.session.models.current.saved, 1, 20), ModelOrigin.TRAINING)
        qtbot.waitUntil(lambda: not shown.session.workers.running(), timeout=SOON)
        assert len(shown.problems) == 1 and shown.problems[0] == shown.text("sampling_trouble")
        assert [each.text() for each in shown.ground_truth()] == shown.captions_of(
            shown.dataset.split("train").record(6)
        )
        assert not shown.panel.step_action.isEnabled()
        shown.select("train", 7)
        assert shown.text("sampling_trouble") == "" and shown.bars.isVisible()


def test_a_photo_that_is_missing_is_captioned_all_the_same(qtbot: QtBot, tmp_path: Path) -> None:
    folder = write_coco_folder(tmp_path / "coco", photos=False)
    with shown_sampling(qtbot, folder) as shown:
        shown.select("train", 1)
        shown.click("sampling_step")
        assert shown.text("generated_caption") and shown.ground_truth()


def test_a_model_of_other_data_says_why_it_cannot_caption(qtbot: QtBot, coco_folder: Path) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.select("val", 0)
        model = saved.model.copy()
        model.idx_to_word[7], model.idx_to_word[8] = model.idx_to_word[8], model.idx_to_word[7]
        shown.use(replace(saved, model=model))
        qtbot.waitUntil(lambda: bool(shown.text("sampling_trouble")), timeout=SOON)
        assert "vocabulary is not the open data's" in shown.text("sampling_trouble")
        assert not shown.bars.isVisible() and not shown.panel.play_action.isEnabled()
        shown.use(saved)
        shown.wait_for_sample()
        assert shown.text("sampling_trouble") == "" and len(shown.bars.bars()) == 10


def test_a_model_whose_training_diverged_is_not_shown_as_if_it_knew_anything(
    qtbot: QtBot, coco_folder: Path
) -> None:
    saved = learned_model(coco_folder)
    with shown_sampling(qtbot, coco_folder) as shown:
        shown.select("val", 0)
        broken = other_model(saved, seed=1, iteration=3)
        broken.model.params["b_vocab"][5] = np.nan
        shown.use(broken)
        qtbot.waitUntil(lambda: bool(shown.text("sampling_trouble")), timeout=SOON)
        assert "diverged" in shown.text("sampling_trouble")


@pytest.mark.parametrize(("size", "scale"), [((690, 400), 1.0), ((480, 560), 1.0), ((480, 560), 1.5)])
def test_nothing_reaches_past_the_edge_and_stepping_moves_nothing(
    qtbot: QtBot, coco_folder: Path, size: tuple[int, int], scale: float
) -> None:
    with shown_sampling(qtbot, coco_folder, size=size) as shown:
        font = shown.panel.font()
        font.setPointSizeF(scale * font.pointSizeF())
        shown.panel.setFont(font)
        shown.use(learned_model(coco_folder))
        shown.select("train", 3)
        area = next(each for each in shown.panel.findChildren(QScrollArea) if each.isAncestorOf(shown.bars))
        places = set()
        for _ in range(min(8, len(shown.sample.timesteps) - 1)):
            shown.click("sampling_step")
            qtbot.wait(1)
            content = area.widget()
            assert content is not None
            assert content.width() == area.viewport().width()
            for child in content.findChildren(QWidget):
                if child.isVisible():
                    right = child.mapTo(content, child.rect().topRight()).x()
                    assert right < content.width(), child
            places.add(shown.bars.mapTo(content, shown.bars.rect().topLeft()).y())
        assert len(places) == 1
