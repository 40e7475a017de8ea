"""What goes wrong with kept pictures and with another recipe is told as its own fault; the line is not held up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import yaml

from drivers.plc.messages import RecipeRequested
from station.changeover.changeover import Changeover
from station.changeover.choice import Choice
from station.changeover.recipe_run import ActiveRecipe, RecipeRun, recipe_runs
from station.config.load import load_config
from station.config.model_people import Pictures
from station.core.values import Action, Release, Trigger
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.pictures.hours import Hours
from station.pictures.keeper import PictureKeeper
from station.pictures.plan import PicturePlan
from station.pictures.retention import Retention
from station.pictures.rules import GB, KeepRule
from station.pictures.sums import StoredSums
from station.pictures.writer import EncodedPicture, PictureWriter
from station.workers.pool import WorkerError, WorkerPool
from tests.told_faults import COUNTS_APART, DEPLOY, ToldLine, in_step

LIMIT_S = 20.0
RULE = KeepRule.of(Pictures(free_gb_min=2.0))


def codes(board: FaultBoard) -> set[FaultCode]:
    return {fault.code for fault in board.active()}


def a_writer(folder: Path, board: FaultBoard) -> tuple[PictureWriter, Hours, StoredSums]:
    hours, sums = Hours(folder), StoredSums()
    return PictureWriter(folder, board, hours, sums), hours, sums


def test_a_disk_that_fills_up_is_e505_then_e506_and_neither_once_there_is_room(tmp_path: Path) -> None:
    board = FaultBoard()
    writer, hours, sums = a_writer(tmp_path, board)
    free_gb = [5.0]
    retention = Retention(tmp_path, RULE, board, hours, sums, writer, free=lambda folder: int(free_gb[0] * GB))
    told: list[set[FaultCode]] = []
    for free_gb[0] in (5.0, 1.5, 0.5, 5.0):
        retention.look()
        told.append(codes(board))
    assert told == [set(), {FaultCode.PASSED_PICTURES_STOPPED}, {FaultCode.PICTURES_STOPPED}, set()]
    stopped = board.history()[0]
    assert f"The disk of {tmp_path} is full (0.5 GB free)" in stopped.sentence


def test_a_folder_that_takes_no_pictures_is_e508(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.write_text("a file where the folder should be")
    board = FaultBoard()
    writer, _, _ = a_writer(folder, board)
    writer.start()
    writer.put(EncodedPicture(1, "mantle", "pass", lossless=False, content=b"picture"))
    assert writer.stop(LIMIT_S)
    (fault,) = board.active()
    assert fault.code is FaultCode.PICTURES_FAULT
    assert fault.sentence.startswith(f"Pictures cannot be written to {folder}: ")
    assert "?" not in fault.sentence


async def test_a_picture_for_which_no_slot_may_be_held_is_e507_and_its_slot_goes_back(tmp_path: Path) -> None:
    board, given_back = FaultBoard(), list[str]()
    plan = PicturePlan({}, str(tmp_path), Pictures())
    keeper = PictureKeeper(
        plan, lambda camera, frame: given_back.append(camera), RULE, board,
        views=lambda: ("mantle",), held_max={"line": 0},
    )  # fmt: skip
    keeper.start()
    told = ToldLine()
    try:
        told.line.trigger(Trigger(1, COUNTS_APART, told.now_ns), told.now_ns)
        actions: list[Action] = told.line.frame("line", in_step(1, lines=40), told.now_ns)
        keeper.told(actions)
        for action in actions:
            if isinstance(action, Release):
                keeper.release(action.camera, action.frame)
    finally:
        await keeper.stop()
    assert given_back == ["line"]
    assert codes(board) == {FaultCode.PICTURES_DROPPED}
    assert "1 were not kept" in board.active()[0].sentence


class Side:
    """The line as a changeover knows it; it only remembers."""

    def __init__(self) -> None:
        self.errors: list[int] = []
        self.answers: list[tuple[int, bool]] = []
        self.answered = asyncio.Event()

    def busy_with(self, run: RecipeRun) -> str | None:
        return None

    def pause(self, *, on: bool) -> None: ...

    def switch(self, run: RecipeRun, pool: WorkerPool) -> WorkerPool:
        raise AssertionError("nothing that was refused takes over")

    def answer(self, request: int, *, taken: bool) -> None:
        self.answers.append((request, taken))
        self.answered.set()

    def raise_error(self, number: int) -> None:
        self.errors.append(number)


async def refused(run: RecipeRun) -> WorkerPool:
    raise WorkerError(f"the bundle of recipe {run.recipe_id} does not match its golden set")


@pytest.fixture
def two_recipes(tmp_path: Path) -> dict[int, RecipeRun]:
    content = yaml.safe_load((DEPLOY / "demo.yaml").read_text(encoding="utf-8"))
    content["recipe"]["views"][0]["bundle"] = str(DEPLOY.parent / "models" / "bundles" / "mantle")
    content["further_recipes"] = [{**content["recipe"], "id": 2, "name": "other mantle"}]
    path = tmp_path / "station.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return recipe_runs(load_config(path), "run")


@pytest.mark.parametrize(
    ("wanted", "code", "words"),
    [
        (2, FaultCode.CHANGEOVER_REFUSED, "does not match its golden set. Recipe 1 stays in use."),
        (9, FaultCode.UNKNOWN_RECIPE, "Recipe 9 was asked for by the PLC; this station has 1 servo-housing mantle"),
    ],
)
async def test_a_recipe_that_is_not_proved_is_e307_and_one_that_there_is_not_e308(
    tmp_path: Path, two_recipes: dict[int, RecipeRun], wanted: int, code: FaultCode, words: str
) -> None:
    board, side = FaultBoard(), Side()
    changeover = Changeover(two_recipes, ActiveRecipe(two_recipes[1]), side, refused, Choice(tmp_path), board)
    changeover.requested(RecipeRequested(wanted, request=7, at_ns=0))
    await asyncio.wait_for(side.answered.wait(), LIMIT_S)
    await changeover.stop()
    (fault,) = board.active()
    assert fault.code is code
    assert words in fault.sentence
    assert "?" not in fault.sentence
    assert (side.errors, side.answers) == ([code.number], [(7, False)])
