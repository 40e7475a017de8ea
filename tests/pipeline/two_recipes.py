"""A line with two recipes: the tiny network twice, the second one calling a spot a stain and the view a shell."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.signature import PRIVATE_KEY, PUBLIC_KEY, make_key, read_private_key
from models.signing import sign_bundle
from station.access.gatekeeper import CSRF_HEADER
from station.access.users_file import FILE, FIRST_USER, UsersFile
from tests.pipeline.rig import Program, records, write_config, write_pictures
from tests.unit.models_bundle import TINY_BUNDLE, TINY_KEY

NAMES = {1: "mantle", 2: "shell"}
SPOTS = {1: "spot", 2: "stain"}


def second_bundle(folder: Path) -> tuple[Path, Path]:
    """The tiny bundle with another class name, signed by a key of its own: the bundle, and the public key."""
    bundle, keys = shutil.copytree(TINY_BUNDLE, folder / "second"), folder / "keys"
    spec = bundle / "model.yaml"
    text = spec.read_text(encoding="utf-8")
    assert "spot" in text
    spec.write_text(text.replace("spot", "stain"), encoding="utf-8")
    (bundle / "model.yaml.sig").unlink()
    make_key(keys)
    sign_bundle(bundle, private_key(folder))
    return bundle, keys / PUBLIC_KEY


def private_key(folder: Path) -> Ed25519PrivateKey:
    return read_private_key(folder / "keys" / PRIVATE_KEY)


def two_recipes(folder: Path, *, gate: bool = False, **changes: Any) -> Path:
    """The rig's configuration with recipe 2 beside recipe 1; `changes` as for `write_config`."""
    path = write_config(folder, write_pictures(folder / "pictures"), gate=gate, **changes)
    bundle, key = second_bundle(folder)
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values["models"]["trusted_keys"] = [str(TINY_KEY), str(key)]
    second = json.loads(json.dumps(values["recipe"]))
    second |= {"id": 2, "name": "second"}
    second["views"][0] |= {"name": NAMES[2], "bundle": str(bundle)}
    values["further_recipes"] = [second]
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def ask(cell: Program, *wanted: dict[str, Any]) -> None:
    """Ask a cell with `--infeed` for parts, or its PLC for a recipe."""
    assert cell.process.stdin is not None
    cell.process.stdin.write("".join(json.dumps(one) + "\n" for one in wanted).encode())
    cell.process.stdin.flush()


class Engineer:
    """Somebody who is logged in at the page of a station that starts after this was made."""

    def __init__(self, config: Path) -> None:
        self._config, records = config, config.parent / "records"
        records.mkdir(exist_ok=True)
        self._password = UsersFile(records / FILE).make_first()
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def post(self, path: str, **body: Any) -> tuple[int, Any]:
        """A command, as the page gives it."""
        csrf = self._send("POST", "/api/session", {"user": FIRST_USER, "password": self._password})[1]["csrf"]
        return self._send("POST", path, body or None, {CSRF_HEADER: csrf})

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        port = yaml.safe_load(self._config.read_text(encoding="utf-8"))["page"]["port"]
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", method=method, data=b"" if body is None else json.dumps(body).encode(),
            headers={**({} if body is None else {"Content-Type": "application/json"}), **(headers or {})},
        )  # fmt: skip
        try:
            with self._browser.open(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


def unmixed(config: Path) -> dict[int, int]:
    """How many records each recipe has; each part has digest, view and class names of its recipe, and no other's."""
    digests: dict[int, set[str]] = {}
    count: dict[int, int] = {}
    for row in records(config):
        recipe_id = row["recipe_id"]
        count[recipe_id] = count.get(recipe_id, 0) + 1
        digests.setdefault(recipe_id, set()).add(row["model_digest"])
        assert [picture["view"] for picture in json.loads(row["pictures"])] == [NAMES[recipe_id]], row
        assert row["label"] in (None, "defect-free", "hole", SPOTS[recipe_id]), row
    assert all(len(found) == 1 for found in digests.values()), digests
    assert len(set().union(*digests.values())) == len(digests), "each recipe has models of its own"
    return count
