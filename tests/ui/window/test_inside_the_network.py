"""What goes on inside? A word's unit, its captions and its knock-out; a knob; what photos are worth."""

import numpy as np

from captionviewer.core.inspection.photo_worth import LEAST_COUNT
from captionviewer.core.storybook.words import NOUNS
from captionviewer.ui.data.words.never_said_view import NeverSaidView
from captionviewer.ui.sampling.photo_worth.photo_worth_view import PhotoWorthView
from captionviewer.ui.sampling.states.states_view import StatesView
from captionviewer.ui.training.gradients.gradients_view import THROUGH_TIME, GradientsView
from captionviewer.ui.training.gradients.through_time import ThroughTime
from tests.ui.conftest import Launch


def test_a_student_walks_from_a_word_to_a_unit_and_back_turns_a_knob_and_reads_what_photos_are_worth(
    launch: Launch,
) -> None:
    with launch() as driver:
        window = driver.window
        session, panel = window.session, window.sampling_panel
        driver.wait_for(lambda: session.data.dataset is not None, 60)
        driver.wait_for(
            lambda: session.models.current is not None and session.models.current.saved.iteration > 0, 60
        )
        assert session.data.dataset is not None
        window.welcome.close_by_user()
        session.selection.select(session.data.dataset.split("val").record(159))
        driver.wait_for(
            lambda: panel.sample is not None and panel.sample.current is session.models.current, 20
        )

        # from a word to a unit, the captions where it is highest, its knock-out, and back
        states = panel.views.open("States")
        assert isinstance(states, StatesView)
        driver.wait_for(lambda: states.shown is not None and states.map.isVisible(), 20)
        driver.click(states.map, states.map.center_of(2, 3))
        unit = states.unit
        driver.wait_for(
            lambda: bool(unit.highest.places) and "photos of val" in unit.knock_out.count.text(), 60
        )
        assert len(unit.highest.places) == len(unit.lowest.places) == 20
        values = [place.values[place.at] for place in unit.highest.places]
        assert values == sorted(values, reverse=True) and "all 2,000 captions of val" in unit.of.text()
        assert unit.knock_out.caption.text()
        driver.click(unit.back_button)
        assert states.map.isVisible() and states.map.hasFocus()

        # a knob in Gradients moves the line
        window.go_to(window.training_dock)
        gradients = window.training_panel.run_area.views.open("Gradients")
        assert isinstance(gradients, GradientsView)
        through = gradients.pages.open(THROUGH_TIME)
        assert isinstance(through, ThroughTime)
        driver.wait_for(lambda: len(through.lines.lines) == 3, 60)
        before = through.lines.lines[1].band
        through.bias_slider.setValue(30)
        driver.wait_for(lambda: through.found is not None and through.found.of.forget_bias == 3.0, 60)
        assert through.lines.lines[1].band[1, 0] > 3 * before[1, 0]

        # what the photo is worth, by word: nouns gain, and little words do not
        window.go_to(window.sampling_dock)
        view = panel.views.open("Photo's worth")
        assert isinstance(view, PhotoWorthView)
        driver.wait_for(lambda: view.said is not None and view.measure_button.isEnabled(), 20)
        driver.click(view.measure_button)
        driver.wait_for(lambda: view.over_val.worth is not None, 60)
        assert view.over_val.worth is not None
        costs, words = view.over_val.worth.costs("average"), session.data.dataset.vocabulary.idx_to_word
        often = [word for word in range(len(words)) if np.isfinite(costs[word])]
        assert all(view.over_val.worth.surprises["true"].counts[often] >= LEAST_COUNT)
        nouns = [costs[word] for word in often if words[word] in NOUNS]
        little = [
            costs[word] for word in often if words[word] in ("a", "the", "of", "is", "and", "with", "in")
        ]
        assert len(nouns) > 20 and np.median(nouns) > 1.0 > np.median(little)
        assert min(costs[words.index(word)] for word in ("boat", "sailboat", "snowman")) > 4.0
        most = words[max(often, key=lambda word: costs[word])]
        assert f"most {most} +" in driver.text("worth_by_word")

        # and which words it never says
        details = window.data_panel.details
        details.setCurrentWidget(details.statistics)
        never = details.statistics.views.open("Never said")
        assert isinstance(never, NeverSaidView)
        driver.click(never.captioning.button)
        driver.wait_for(lambda: bool(never.model.words), 60)
        assert "Of 300 words, 140 are said" in never.words.text()
