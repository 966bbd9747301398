# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settle facts about the service with an account: at most 25 requests, none of which changes anything.

``make probe`` starts it, in :mod:`__main__`. Tasks stay in memory: what is printed are answers and counts.

- ``service.py`` sends one request with the collection's own client, counts it, and keeps what came back.
- ``questions.py`` has the questions, in a table: each names the requests it needs and turns their pages into an answer.
- ``filters.py`` decides which values can show whether the service applies a filter.
- ``report.py`` writes the Markdown.
"""
