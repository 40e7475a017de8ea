"""Compiles the simulated producer while the package is built: setuptools commands named in pyproject.toml.

    [tool.setuptools.cmdclass]
    build_py = "drivers.camera.producer.package_build.BuildProducer"
    bdist_wheel = "drivers.camera.producer.package_build.PlatformWheel"

Without a compiler the wheel is built all the same, says so in one sentence, and the camera is compiled on first use
where a compiler is. Imported by setuptools alone, never at run time.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from setuptools.command.bdist_wheel import bdist_wheel  # pyright: ignore[reportMissingModuleSource]
from setuptools.command.build_py import build_py

_ROOT = Path(__file__).resolve().parents[3]
_PLACE = Path("drivers", "camera", "producer", "simcam.cti")


def _builder() -> Any:
    """`build.py`, from the tree that is being built, which is not on the path of an isolated build."""
    sys.path.insert(0, str(_ROOT))
    try:
        return importlib.import_module("drivers.camera.producer.build")
    finally:
        sys.path.remove(str(_ROOT))


class BuildProducer(build_py):
    """Copies the Python files, then compiles the producer beside them; an editable install builds on first use."""

    def run(self) -> None:
        """As setuptools does, and the library."""
        super().run()
        if self.editable_mode:
            return
        builder = _builder()
        target = Path(self.build_lib) / _PLACE
        try:
            builder.build(target)
        except builder.BuildError as error:
            target.unlink(missing_ok=True)
            self.warn(f"the package is built without the simulated camera: {error}")


class PlatformWheel(bdist_wheel):
    """A wheel for this kind of machine and any Python 3: the library is no extension module."""

    def finalize_options(self) -> None:
        """Not pure: it carries a library."""
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self) -> tuple[str, str, str]:
        """Any Python 3, no ABI, this platform."""
        return "py3", "none", super().get_tag()[2]
