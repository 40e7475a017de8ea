"""The training loop: seeded, resumable, stopped by a loss that is no number, and what each switch changes."""

import importlib.util
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

if importlib.util.find_spec("torch") is None:
    pytest.skip("LOUD SKIP: PyTorch is missing here; run these in the training environment", allow_module_level=True)

import torch

from models.make.errors import LossError, MakingError
from models.make.learning import Learning, learn
from models.make.manifest import DataError
from models.make.networks import build
from models.make.run_folder import RunFolder
from models.make.training.loop import train
from models.make.training.objective import averaged_logits, cross_entropy, distilled
from models.make.training.plan import Distillation, TrainingPlan, device_of
from models.make.training.scoring import float_logits, float_scores, fold, to_input
from tests.train.drawn_spots import spots

NETWORK = "rn18-012-s2d4"


def plan(folder: Path, epochs: int = 2, **values: Any) -> TrainingPlan:
    return TrainingPlan(NETWORK, 3, epochs, 1, folder / "checkpoint.pt", "cpu", **values)


def same(one: Any, other: Any) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(first, second) for first, second in pairs)


def trained(folder: Path, wanted: TrainingPlan, **training: Any) -> Any:
    product, data = spots(folder, **training)
    return train(product, wanted, data.pictures["train"], data.pictures["val"])


def test_a_stopped_training_that_goes_on_ends_where_an_unbroken_one_ends(tmp_path: Path) -> None:
    unbroken = trained(tmp_path, TrainingPlan(NETWORK, 3, 2, 1, None, "cpu"))
    product, data = spots(tmp_path)

    class StopError(Exception):
        pass

    class StopsAfterTheSecondEpoch(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage().startswith("epoch 2"):
                raise StopError

    handler, log = StopsAfterTheSecondEpoch(), logging.getLogger("models.make.training.loop")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        with pytest.raises(StopError):  # the second epoch is done, but its checkpoint is not written yet
            train(product, plan(tmp_path), data.pictures["train"], data.pictures["val"])
    finally:
        log.removeHandler(handler)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["epoch"] == 1
    torch.manual_seed(99)  # whatever the process did since then
    resumed = train(product, plan(tmp_path), data.pictures["train"], data.pictures["val"])
    assert same(unbroken, resumed)


def test_another_seed_gives_another_network(tmp_path: Path) -> None:
    one, other = (trained(tmp_path, TrainingPlan(NETWORK, seed, 1, 1, None, "cpu")) for seed in (1, 2))
    assert not same(one, other)


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_epoch(tmp_path: Path) -> None:
    trained(tmp_path, plan(tmp_path, epochs=1))
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    state["plan"][2] = 2
    state["optimizer"]["param_groups"][0]["lr"] = 1e30
    torch.save(state, tmp_path / "checkpoint.pt")
    with pytest.raises(
        LossError, match=r"spots: epoch 2/2, step \d+: the loss is (nan|inf); last good: epoch 1, kept in"
    ):
        trained(tmp_path, plan(tmp_path))
    kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert kept["epoch"] == 1
    assert all(torch.isfinite(value).all() for value in kept["network"].values())


def test_a_checkpoint_of_another_plan_or_no_checkpoint_at_all_is_refused(tmp_path: Path) -> None:
    trained(tmp_path, plan(tmp_path, epochs=1))
    with pytest.raises(DataError, match="expected a checkpoint of network, seed and epochs"):
        trained(tmp_path, plan(tmp_path, epochs=4))
    (tmp_path / "checkpoint.pt").write_bytes(b"half a file")
    with pytest.raises(DataError, match="no checkpoint can be read from it"):
        trained(tmp_path, plan(tmp_path, epochs=1))


def test_a_checkpoint_that_cannot_be_written_is_said_and_training_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = TrainingPlan(NETWORK, 3, 1, 1, tmp_path / "nowhere" / "checkpoint.pt", "cpu")
    trained(tmp_path, wanted)
    assert "the checkpoint of epoch 1 cannot be written" in caplog.text


def test_weights_that_do_not_fit_on_the_disk_leave_the_checkpoint_to_go_on_from(tmp_path: Path) -> None:
    import resource

    product, data = spots(tmp_path)
    run = learn(Learning(tmp_path / "run", threads=1, device="cpu", epochs=1), data)
    run.weights.rename(run.checkpoint)
    network = build(NETWORK, len(product.labels))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(DataError, match="make room and give the same command again"):
            run.keep_weights(network)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert run.checkpoint.exists()
    assert not list(run.path.glob("*.partial"))


def test_a_run_is_finished_once_and_another_order_in_its_folder_is_refused(tmp_path: Path) -> None:
    _, data = spots(tmp_path)
    run = learn(Learning(tmp_path / "run", threads=1, device="cpu", epochs=1), data)
    written = run.weights.stat().st_mtime_ns
    assert (
        learn(Learning(tmp_path / "run", threads=1, device="cpu", epochs=1), data).weights.stat().st_mtime_ns == written
    )
    with pytest.raises(DataError, match="another run lies here"):
        learn(Learning(tmp_path / "run", threads=1, device="cpu", epochs=1, seed=9), data)
    history = [json.loads(line) for line in run.history.read_text(encoding="utf-8").splitlines()]
    assert [line["epoch"] for line in history] == [1]
    assert not run.checkpoint.exists()
    assert str(tmp_path) not in (run.path / "order.json").read_text(encoding="utf-8")


def test_what_is_asked_for_and_not_there_is_said(tmp_path: Path) -> None:
    _, data = spots(tmp_path)
    with pytest.raises(DataError, match="resnet"):
        learn(Learning(tmp_path / "run", network="resnet"), data)
    with pytest.raises(DataError, match="expected a training run, found none"):
        RunFolder.open(tmp_path / "nothing")
    if not torch.cuda.is_available():
        with pytest.raises(MakingError, match="expected a GPU that PyTorch can use, found none"):
            device_of("cuda")


def test_a_teacher_of_other_labels_or_other_data_is_refused(tmp_path: Path) -> None:
    _, data = spots(tmp_path)
    teacher = learn(Learning(tmp_path / "teacher", threads=1, device="cpu", epochs=1), data)
    order = json.loads((teacher.path / "order.json").read_text(encoding="utf-8"))
    order["data_digest"] = "0" * 64
    (teacher.path / "order.json").write_text(json.dumps(order), encoding="utf-8")
    with pytest.raises(DataError, match="a teacher that saw test parts"):
        learn(Learning(tmp_path / "student", threads=1, teachers=(teacher.path,)), data)


def test_a_student_that_only_listens_says_what_its_teachers_say_whatever_the_labels_are(tmp_path: Path) -> None:
    product, data = spots(tmp_path)
    teacher = build(NETWORK, 3)
    with torch.no_grad():
        list(teacher.parameters())[-1].copy_(torch.tensor([-20.0, -20.0, 20.0]))  # all is dark
    patches = fold(np.stack([picture.pixels[:32, :32] for picture in data.pictures["test"]]), 4)

    def share_of_dark(alpha: float) -> float:
        student = train(
            product,
            TrainingPlan(NETWORK, 2, 4, 1, None, "cpu"),
            data.pictures["train"],
            data.pictures["val"],
            [teacher],
            Distillation(2.0, alpha),
        )
        return float(float_scores(student, patches)[:, 2].mean())

    assert share_of_dark(1.0) > share_of_dark(0.0) + 0.2


def test_the_distillation_loss_is_the_studys(tmp_path: Path) -> None:
    student = torch.tensor([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]], dtype=torch.float64)
    teacher = torch.tensor([[2.0, 0.0, 1.0], [0.5, 0.5, 0.5]], dtype=torch.float64)
    labels, temperature, alpha = torch.tensor([0, 2]), 3.0, 0.7
    p = torch.softmax(teacher / temperature, dim=1)
    q = torch.softmax(student / temperature, dim=1)
    divergence = (p * (p / q).log()).sum(dim=1).mean()
    expected = alpha * temperature**2 * divergence + (1 - alpha) * cross_entropy(student, labels)
    found = distilled(student, teacher, labels, Distillation(temperature, alpha))
    assert float(found) == pytest.approx(float(expected), abs=1e-6)
    assert float(distilled(student, student, labels, Distillation(temperature, 1.0))) == pytest.approx(0.0, abs=1e-7)
    assert torch.equal(averaged_logits([student, teacher]), (student + teacher) / 2)
    with pytest.raises(ValueError, match="temperature above 0 and alpha in"):
        Distillation(0.0, 0.5)


def test_training_and_inspection_fold_a_window_into_the_same_numbers() -> None:
    windows = np.random.default_rng(0).integers(0, 256, (3, 32, 32), dtype=np.uint8)
    for block in (1, 2, 4):
        inspected = torch.from_numpy(fold(windows, block)).float().permute(0, 3, 1, 2) / 64
        assert torch.equal(to_input(windows, block, "cpu"), inspected)
    assert float_logits(build(NETWORK, 3), fold(windows, 4)).shape == (3, 3)
