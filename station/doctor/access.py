"""The page's https files, and the users who may log in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from station.access.roles import Role
from station.access.tls import SOON, TlsError, ends, insecure, server_context
from station.access.users import UsersError
from station.access.users_file import FILE, UsersFile
from station.doctor.box import Box
from station.doctor.finding import Finding, bad, note, ok


def https(box: Box, now: datetime | None = None) -> Iterator[Finding]:
    """Whether the page needs certificates, and whether those that there are can be used."""
    page, now = box.config.page, now or datetime.now(UTC)
    sentence = insecure(box.config)
    if sentence is not None:
        yield bad(f"page: {sentence}", "name both files of a certificate for this machine")
    elif page.tls_certificate is None or page.tls_key is None:
        yield ok(f"the page is served on this machine alone ({page.host}), without https")
    else:
        certificate, key = box.path_of(page.tls_certificate), box.path_of(page.tls_key)
        try:
            server_context(certificate, key, now)
            last = ends(certificate)
        except TlsError as error:
            yield bad(str(error), "mend these files")
            return
        if key.stat().st_mode & 0o077:
            yield note(f"{key}: others of this machine may read the key", f"chmod 600 {key}")
        if last - now < SOON:
            yield note(f"{certificate} ends on {last:%Y-%m-%d}", "have a new one made")
        else:
            yield ok(f"{certificate} is good until {last:%Y-%m-%d}")


def users(box: Box) -> Iterator[Finding]:
    """Whether the users' file can be used, and somebody may mend things."""
    file = UsersFile(box.records / FILE)
    try:
        found = file.read()
    except UsersError as error:
        yield bad(str(error), "until then nobody can log in")
        return
    if not found and file.stamp() is None:
        yield ok("no users yet: the station's first start at a terminal makes one, or: station users add")
    elif not any(user.role is Role.ENGINEER for user in found.values()):
        yield note(f"none of the {len(found)} users is an engineer", "station users add CONFIG NAME --role engineer")
    else:
        yield ok(f"{len(found)} user(s) may log in")
