# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tests of the utility, run with the lookup: where they are, ansible-test has no controller code."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.coc.tests.unit.plugins.module_utils import test__ecs_metadata

globals().update({name: value for name, value in vars(test__ecs_metadata).items() if not name.startswith("_")})


@pytest.fixture
def plugin() -> str:
    return "lookup"
