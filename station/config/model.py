"""What a station's configuration file may say: every key with its unit, range and meaning.

The sections of devices belong to the devices (`drivers/*/settings.py`); those of the station itself are here. The JSON
Schema for editors comes from these classes (`station schema`). Must not open files: `load.py` does.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from drivers.camera.settings import CameraSettings
from drivers.cell.settings import CellSettings
from drivers.encoder.settings import EncoderSettings
from drivers.gate.settings import GateSettings
from drivers.plc.settings import PlcSettings
from drivers.remote_io.settings import RemoteIoSettings
from station.config.model_people import Access, Listen, Page, Pictures, Review
from station.config.section import Section

CameraName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]


class ViewSettings(Section):
    """One picture of a part: which camera takes it, where the encoder stands then, and which model looks at it."""

    name: str = Field(min_length=1, max_length=31, description="Name of the view, for people: mantle, head-90.")
    camera: str = Field(description="Which of the cameras takes the picture.")
    bundle: str | None = Field(
        default=None,
        description="Folder of the model bundle that looks for defects, relative to this file; empty only for a view "
        "that does nothing but tell the part's type (recipe.identity).",
    )
    offset_counts: int = Field(
        default=0,
        ge=0,
        le=2**31 - 1,
        description="Encoder counts from the part's trigger to the picture's first line.",
    )
    encoder_tolerance_counts: int = Field(
        default=8, ge=0, description="How far the picture's first line may be from there, in encoder counts."
    )
    counts_per_line: float | None = Field(
        default=None,
        gt=0,
        le=65_536,
        description="Line scan: encoder counts a line must take; empty: the camera's encoder_divider.",
    )
    step_tolerance_counts: int = Field(
        default=8,
        ge=0,
        description="Line scan: how far the encoder may be, within a picture, from where its lines say it is.",
    )
    sharpness_min: float = Field(
        default=0.0,
        ge=0,
        description="A picture less sharp than this is rejected as blurred; 0: not checked. See 'station camera tune'.",
    )


class IdentitySettings(Section):
    """Which part the recipe is for, and who tells: another part, or one that is not recognised, is rejected."""

    bundle: str = Field(description="Folder of the identity bundle, relative to this file.")
    part_type: str = Field(min_length=1, description="The part type of this recipe, as the bundle's labels call it.")
    view: Annotated[str, Field(min_length=1)] | Annotated[int, Field(ge=0)] = Field(
        default=0, description="The view whose picture tells the type: its name, or its place in the list, from 0."
    )


class Alarms(Section):
    """Too many rejects: more likely a fault of lamp, lens or jig than of the parts."""

    consecutive_rejects: int = Field(default=0, ge=0, le=10_000, description="So many rejects in a row; 0: no alarm.")
    reject_rate: float = Field(
        default=0.0, ge=0, le=1, description="A larger fraction of the newest parts rejected; 0: no alarm."
    )
    reject_rate_parts: int = Field(default=50, ge=2, le=10_000, description="Over so many of the newest parts.")
    consecutive_wrong_parts: int = Field(
        default=0,
        ge=0,
        le=10_000,
        description="So many parts in a row that are not the recipe's, or are not recognised; 0: no alarm.",
    )
    stop_line: bool = Field(
        default=False, description="An alarm stops the line until the error is cleared; otherwise it is only said."
    )


class Recipe(Section):
    """What is inspected, with which models, and by when the verdict must be there."""

    id: int = Field(
        default=1, ge=1, le=65535, description="Number of the recipe, as the PLC asks for it (register C2)."
    )
    name: str = Field(min_length=1, description="Name of the product, for people.")
    views: list[ViewSettings] = Field(
        min_length=1, max_length=16, description="The pictures of a part; it passes only when all of them are sound."
    )
    deadline_ms: float = Field(
        gt=0,
        le=60_000,
        description="From the trigger to the decision deadline; at the deadline the part is rejected.",
    )
    picture_deadline_ms: float | None = Field(
        default=None,
        gt=0,
        le=60_000,
        description="From the trigger to when every picture must be there; empty: the decision deadline.",
    )
    gate: GateSettings | None = Field(
        default=None,
        description="Gate and robot pick-up in encoder counts; empty: deadlines are in time alone.",
    )
    identity: IdentitySettings | None = Field(
        default=None, description="Which part it must be; empty: the station does not ask."
    )
    alarms: Alarms = Field(default_factory=Alarms, description="Too many rejects.")
    frame_hold_ms: float = Field(
        default=100,
        ge=0,
        le=5_000,
        description="How long a picture may wait for a trigger message that comes after it.",
    )

    @property
    def identity_view(self) -> int | None:
        """The place of the view that tells the part's type; None where none does, or it names none there is."""
        if self.identity is None:
            return None
        wanted = self.identity.view
        found = [n for n, view in enumerate(self.views) if wanted == (n if isinstance(wanted, int) else view.name)]
        return found[0] if found else None


SHIPPED_KEYS = "shipped"


class Models(Section):
    """Whose models are taken. A bundle that nobody trusted has signed is refused before anything is armed."""

    trusted_keys: list[str] = Field(
        default=[SHIPPED_KEYS],
        description="Public keys (.pub) whose bundles are taken, relative to this file; "
        f"'{SHIPPED_KEYS}': the keys that come with the station.",
    )
    allow_unsigned: list[str] = Field(
        default=[],
        description="Products (model.yaml: product) whose bundle may come without a signature; "
        "said at every start and on the page.",
    )
    candidates: list[str] = Field(
        default=[],
        description="Folders of bundles that may be asked what they would say of a part, relative to this file; they "
        "decide nothing.",
    )


class Classifier(Section):
    """The worker processes that look at the pictures."""

    processes: int = Field(
        default=2, ge=1, le=16, description="Worker processes: 2 of 1 thread for throughput, 1 of 2 for latency."
    )
    threads: int = Field(default=1, ge=1, le=16, description="Engine threads in each worker process.")
    nice: int = Field(
        default=5, ge=0, le=19, description="Niceness of the workers, so that the loop and the camera come first."
    )


class Records(Section):
    """Where the record of each part is written."""

    folder: str = Field(default="var", description="Folder of the database, relative to this file; made when missing.")
    queue_size: int = Field(default=1024, ge=16, le=1_000_000, description="Records that may wait to be written.")


class Log(Section):
    """What the station says while it runs."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least important level that is written."
    )
    file: str | None = Field(
        default=None, description="JSON lines go to this file, relative to this file; to stderr when missing."
    )


class StationConfig(Section):
    """One station: its cameras, one PLC, one recipe."""

    name: str = Field(
        default="station",
        min_length=1,
        max_length=63,
        description="Name of this station on page, records and metrics.",
    )
    cameras: dict[CameraName, CameraSettings] = Field(
        min_length=1, max_length=8, description="The cameras by name; the recipe's views use these names."
    )
    plc: PlcSettings
    remote_io: RemoteIoSettings | None = Field(
        default=None, description="Bare inputs and outputs instead of a PLC (plc.role: remote_io)."
    )
    encoder: EncoderSettings | None = Field(
        default=None, description="The line's encoder, read live; empty: nobody shows it to the station."
    )
    recipe: Recipe
    further_recipes: list[Recipe] = Field(
        default=[],
        max_length=64,
        description="Recipes that PLC or page may change to; 'recipe' is the one that the station starts with.",
    )
    models: Models = Field(default_factory=Models, description="Whose models are taken.")
    classifier: Classifier = Field(default_factory=Classifier, description="Worker processes of the classifier.")
    page: Page = Field(default_factory=lambda: Page(port=8090), description="The page and its API.")
    access: Access = Field(default_factory=Access, description="Who may do what on the page.")
    pictures: Pictures = Field(default_factory=Pictures, description="Which pictures are kept.")
    review: Review = Field(default_factory=Review, description="Which parts a person should look at.")
    metrics: Listen = Field(default_factory=lambda: Listen(port=9108), description="The Prometheus endpoint.")
    records: Records = Field(default_factory=Records, description="The database of parts.")
    log: Log = Field(default_factory=Log, description="Logging.")
    cell: CellSettings | None = Field(
        default=None, description="The simulated cell (`station simulate`); a real station has none."
    )

    @property
    def peer(self) -> Literal["simulated", "real"]:
        """What is at the other end of the line's connection, whatever the role."""
        if self.plc.role == "remote_io" and self.remote_io is not None:
            return self.remote_io.peer
        return self.plc.peer

    @property
    def line_end(self) -> str:
        """Where that is, in words: "simulated PLC at 127.0.0.1:5020"."""
        if self.plc.role == "remote_io" and self.remote_io is not None:
            return f"{self.peer} remote I/O at {self.remote_io.host}:{self.remote_io.port}"
        return f"{self.peer} PLC at {self.plc.host}:{self.plc.port}"
