"""Sections about people: where the page listens, who may do what, which pictures are kept, what they should review."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from station.config.section import Section


class Listen(Section):
    """An address to listen on."""

    host: str = Field(
        default="127.0.0.1", description="Address to bind; loopback unless you mean the network to see it."
    )
    port: int = Field(ge=1, le=65535, description="TCP port.")


class Page(Listen):
    """The page and its API."""

    tls_certificate: str | None = Field(
        default=None, description="PEM file, relative to this file; with tls_key the page is served as https."
    )
    tls_key: str | None = Field(default=None, description="PEM file of the certificate's private key.")


class Access(Section):
    """Who may do what on the page. Users and passwords lie in a file of the records folder (`station users`)."""

    anonymous: Literal["viewer", "none"] = Field(
        default="viewer", description="What one may do without a password: look, or nothing."
    )
    session_h: float = Field(default=12.0, gt=0, le=744, description="Hours until a password is asked for again.")


class Pictures(Section):
    """Which pictures are kept, how long, and how much room they may take."""

    folder: str = Field(default="pictures", description="Folder of the pictures, relative to the records folder.")
    budget_gb: float = Field(
        default=20.0, gt=0, description="Room that pictures may take; the oldest of the least wanted class go first."
    )
    free_gb_min: float = Field(
        default=2.0, ge=0, description="With less free room on the disk no good part's picture is kept."
    )
    passed_every: int = Field(
        default=10, ge=0, le=100_000, description="Keep the pictures of each so-manyth passed part; 0: none."
    )
    lossless_every: int = Field(
        default=100, ge=0, le=100_000, description="Keep each so-manyth part without loss (PNG); 0: none."
    )
    passed_days: float = Field(default=7.0, gt=0, description="Days that pictures of passed parts are kept.")
    rejected_days: float = Field(default=90.0, gt=0, description="Days that pictures of rejected parts are kept.")
    forced_days: float = Field(default=90.0, gt=0, description="Days that pictures of forced rejects are kept.")


class Review(Section):
    """Which parts a person should look at."""

    borderline: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="A part whose highest defect score is within this share of the way from its threshold to 0 or 1 is "
        "borderline.",
    )
    unusual_sd: float = Field(
        default=6.0,
        gt=0,
        description="A picture whose light or sharpness is so many standard deviations from the passed parts' is "
        "unusual.",
    )
