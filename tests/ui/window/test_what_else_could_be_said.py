"""What else could have been said? Another word, a draw, a beam, a proof, another model."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from captionviewer.ui.sampling.compare.compare_view import CompareView
from captionviewer.ui.session.models import ModelOrigin
from tests.ui.conftest import Launch
from tests.ui.readable import unreadable_in_both


def test_a_word_is_forced_and_undone_a_caption_drawn_a_beam_walked_a_likeliest_proved_two_models_compared(
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
        first = panel.sample
        assert first is not None
        panel.setFocus()

        # another word, and back
        for _ in range(3):
            driver.key(panel, Qt.Key.Key_Right)
        bars = panel.words._bars
        other = next(n for n, bar in enumerate(bars.bars()) if not bar.chosen and bar.word != "<END>")
        word = bars.bars()[other].word
        driver.click(bars, bars.row(other).center())
        driver.wait_for(lambda: panel.sample is not None and bool(panel.sample.forced))
        assert panel.sample is not None and panel.sample.words[3] == word
        assert f"You said “{word}”" in driver.text("forced_cost")
        driver.key(panel, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert panel.sample.words == first.words and not panel.sample.forced

        # a caption drawn, and greedy again
        row = panel.decoding_row
        driver.click(row.opener)
        driver.choose(row.method, "Sample")
        driver.wait_for(lambda: panel.sample is not None and panel.sample.decoding.method == "sample")
        assert "sampled at temperature" in row.opener.accessibleName()
        driver.choose(row.method, "Greedy")
        driver.wait_for(lambda: panel.sample is not None and panel.sample.words == first.words)
        driver.click(row.opener)

        # a beam to its end, and the likeliest caption proved
        panel.views.open("Tree")
        tree = panel.views.tree
        assert tree is not None
        driver.wait_for(lambda: tree.tree is not None)
        panel.setFocus()
        assert tree.tree is not None
        for _ in tree.tree.steps:
            driver.key(panel, Qt.Key.Key_Right)
        assert tree.canvas.columns == len(tree.tree.steps) and tree.found.topLevelItemCount() > 0
        driver.click(driver.find(QPushButton, "prove"))
        driver.wait_for(lambda: tree.proof.exact is not None)
        assert tree.proof.exact is not None and tree.proof.exact.proved
        assert "no other caption has more than" in driver.find(QLabel, "proof").text()
        assert unreadable_in_both(window) == []
        best = tree.tree.steps[-1].found
        assert all(node.log_probability <= tree.proof.exact.log_probability + 1e-4 for node in best)

        # beside the untrained network
        view = panel.views.open("Compare")
        assert isinstance(view, CompareView)
        driver.wait_for(lambda: view.comparison is not None)
        found = view.comparison
        assert found is not None and found.other.origin is ModelOrigin.UNTRAINED
        assert found.sample.words == first.words and min(there for there, _back in found.divergences) > 0.5
        assert found.parting is not None and "They part at timestep" in driver.text("compared_parting")
        titles = [view.other.choice.itemText(n) for n in range(view.other.choice.count())]
        driver.wait_for(lambda: view.other.choice.count() > 2)  # the shipped run is offered, too
        assert titles[0] == "An untrained network"
        assert unreadable_in_both(window) == []
