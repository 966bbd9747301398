# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exceptions of this collection."""

from __future__ import annotations

import typing as t


class CocError(Exception):
    """What happened, where, and what to do, in a few sentences. No attribute holds a secret.

    ``status`` is the HTTP status, ``error_code`` the service's code, ``request_id`` what Huawei Cloud support asks for,
    and ``retry_after`` how many seconds the service asks to wait; each is None if there is none. ``transient`` says
    whether the same request may succeed later.
    """

    def __init__(
        self,
        msg: str,
        status: int | None = None,
        error_code: str | None = None,
        request_id: str | None = None,
        transient: bool = False,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(msg)
        self.msg = msg
        self.status = status
        self.error_code = error_code
        self.request_id = request_id
        self.transient = transient
        self.retry_after = retry_after

    def as_result(self) -> dict[str, t.Any]:
        """Return the keys that a failed module returns."""
        return dict(vars(self))


class ClockError(CocError):
    """HTTP 401 while this machine's clock is off: the same credentials may be accepted once it is set."""
