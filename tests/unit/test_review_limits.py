"""What a run is called and when its parts are to be reviewed follow from the configuration alone."""

from __future__ import annotations

from dataclasses import replace

from station.cli.demo_config import DEMO_CONFIG, FASTENER_CONFIG
from station.config.load import load_config
from station.review.queues import review_limits
from station.run_identity import run_identity


def test_every_view_that_is_inspected_for_defects_has_its_bundles_thresholds() -> None:
    loaded = load_config(FASTENER_CONFIG)
    limits = review_limits(loaded)
    assert (limits.borderline, limits.unusual_sd) == (loaded.config.review.borderline, loaded.config.review.unusual_sd)
    assert set(limits.thresholds) == {view.name for view in loaded.config.recipe.views}
    for index, view in enumerate(loaded.config.recipe.views):
        assert set(limits.thresholds[view.name]) == set(loaded.bundles[index].labels[1:])


def test_the_same_settings_have_the_same_digests_and_others_have_others() -> None:
    loaded = load_config(DEMO_CONFIG)
    run = run_identity(loaded, "run")
    assert (run.recipe_id, run.deadline_ms) == (loaded.config.recipe.id, loaded.config.recipe.deadline_ms)
    assert run == run_identity(load_config(DEMO_CONFIG), "run")
    recipe = loaded.config.recipe.model_copy(update={"deadline_ms": loaded.config.recipe.deadline_ms + 1})
    other = run_identity(replace(loaded, config=loaded.config.model_copy(update={"recipe": recipe})), "run")
    assert other.recipe_digest != run.recipe_digest
    assert other.configuration_id != run.configuration_id
    log = loaded.config.log.model_copy(update={"level": "DEBUG"})
    chatty = run_identity(replace(loaded, config=loaded.config.model_copy(update={"log": log})), "run")
    assert (chatty.recipe_digest, chatty.configuration_id == run.configuration_id) == (run.recipe_digest, False)
