"""What is shipped beside the code loads, and says what the code does."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from station.cli.arguments import parser
from station.config.load import load_config

REPO = Path(__file__).parents[2]


def test_the_demo_configuration_passes_every_check() -> None:
    loaded = load_config(REPO / "deploy" / "demo.yaml")
    assert loaded.config.cell is not None
    assert len(loaded.labels) == 5


def test_the_fastener_demo_has_five_views_of_two_cameras() -> None:
    loaded = load_config(REPO / "deploy" / "demo-fastener.yaml")
    assert [view.camera for view in loaded.config.recipe.views] == ["shank", "head", "head", "head", "head"]
    assert loaded.labels[1:] == ("crack", "dent", "lap", "scratch")


def test_the_identity_demo_asks_which_of_twelve_types_a_part_is() -> None:
    loaded = load_config(REPO / "deploy" / "demo-identity.yaml")
    assert loaded.identity is not None
    assert len(loaded.identity.labels) == 12
    assert loaded.config.recipe.identity is not None
    assert loaded.config.recipe.identity.part_type in loaded.identity.labels


def test_the_demo_configurations_fit_the_schema_for_editors() -> None:
    demos = ["deploy/demo.yaml", "deploy/demo-fastener.yaml", "deploy/demo-identity.yaml"]
    done = subprocess.run(
        ["check-jsonschema", "--schemafile", "deploy/station.schema.json", *demos],
        cwd=REPO, capture_output=True, text=True, check=False, timeout=60,
        env={"PATH": f"{REPO / '.venv' / 'bin'}:/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_systemd_unit_is_understood_to_the_last_key(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("LOUD SKIP: no systemd-analyze here: systemd/station.service is NOT checked")
    unit = (REPO / "systemd" / "station.service").read_text(encoding="utf-8")
    copy = tmp_path / "station.service"
    copy.write_text(re.sub(r"(?m)^(Exec\w+)=.*$", r"\1=/bin/true", unit), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False, timeout=60
    )
    complaints = [line for line in done.stderr.splitlines() if "station.service" in line]
    assert done.returncode == 0
    assert complaints == []


def test_every_command_that_the_readme_names_exists() -> None:
    readme = (REPO / "README.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"`station ([a-z]+)", readme))
    assert {"demo", "run", "simulate", "check", "bench"} <= commands
    known = next(iter(action.choices for action in parser()._actions if action.dest == "command"))
    assert known is not None
    assert commands <= set(known)


def test_every_make_target_that_the_readme_names_exists() -> None:
    readme = (REPO / "README.md").read_text(encoding="utf-8")
    makefile = (REPO / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?m)(?:^|`)make ([a-z-]+)", readme):
        assert re.search(rf"(?m)^{target}:", makefile), target


def test_no_tracked_text_carries_a_path_of_a_machine_or_a_registry() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=REPO, capture_output=True, text=True, check=False, timeout=30)
    if listed.returncode != 0:
        pytest.skip("LOUD SKIP: not a git checkout: tracked files are NOT looked through")
    bad = re.compile(r"/(work|root|farm)/[a-z]|files\.pythonhosted|pypi\.org|registry\.npmjs")
    for name in listed.stdout.split():
        path = REPO / name
        if (
            path.suffix in {".py", ".md", ".toml", ".yaml", ".json", ".lock", ".c", ".h", ".sh", ".txt", ""}
            and path.is_file()
        ):
            found = bad.search(path.read_text(encoding="utf-8", errors="replace"))
            assert found is None or name == "tests/deploy/test_shipped_files.py", f"{name}: {found and found.group()}"
