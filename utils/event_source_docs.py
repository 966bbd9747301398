# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the page of the documentation about the event source, for which antsibull-docs has no place.

It needs antsibull-docs-parser, and ansible-core, which must find the collection. An argument is the file to write in
place of the page.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
import typing as t
from pathlib import Path

import jinja2
import yaml
from ansible.plugins.loader import fragment_loader, init_plugin_loader
from ansible.utils.plugin_docs import add_fragments
from antsibull_docs_parser import parser, rst

CHECKOUT = Path(__file__).parents[1]
SOURCE = CHECKOUT / "extensions/eda/plugins/event_source/scheduled_task.py"
PAGE = CHECKOUT / "docs/docsite/rst/event_source.rst"
# Sphinx would look for the description of each.
ENVIRONMENT_VARIABLE = re.compile(r"\bE\(")

# SPDX is not literal, or license checkers find two licenses of this file.
TEMPLATE = """..
  Copyright (c) 2026, huaweicloud.coc contributors
  GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
  {{ 'SPDX' }}-License-Identifier: GPL-3.0-or-later

..
  utils/event_source_docs.py writes this page from the documentation in extensions/eda/plugins/event_source.

.. _ansible_collections.huaweicloud.coc.docsite.event_source:

Event source huaweicloud.coc.{{ name }}
============================={{ '=' * name | length }}

{{ short_description }}.

New in version {{ version_added }}. The guide: :ref:`ansible_collections.huaweicloud.coc.docsite.event_driven_guide`.

.. contents::
   :local:
   :depth: 1

Description
-----------

{{ description | items }}

Requirements
------------

{{ requirements | items }}

Options
-------

{% for option in options | sort %}
``{{ option }}`` ({{ options[option].type }})
{{ options[option] | facts | items | indent(2, first=true) }}

{% endfor %}
Notes
-----

{{ notes | items }}

Examples
--------

.. code-block:: yaml+jinja

{{ examples | indent(3, first=true) }}
"""


def read_documentation() -> dict[str, t.Any]:
    """Return DOCUMENTATION of the source with its fragments, and EXAMPLES as ``examples``."""
    texts = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(SOURCE.read_text("utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper()
        if isinstance(node.value, ast.Constant)
    }
    documentation: dict[str, t.Any] = yaml.safe_load(texts["DOCUMENTATION"])
    add_fragments(documentation, str(SOURCE), fragment_loader)
    return {**documentation, "examples": texts["EXAMPLES"].strip("\n")}


def facts(option: dict[str, t.Any]) -> list[str]:
    """Return what there is to say about an option, as paragraphs with Ansible's markup."""
    paragraphs = list(option["description"])
    if "choices" in option:
        paragraphs.append(f"Choices: {', '.join(f'V({choice})' for choice in option['choices'])}")
    if "default" in option:
        default = option["default"]
        paragraphs.append(f"Default: V({str(default).lower() if isinstance(default, bool) else default})")
    if "aliases" in option:
        paragraphs.append(f"Alias: {', '.join(f'O({alias})' for alias in option['aliases'])}")
    return paragraphs


def items(paragraphs: list[str]) -> str:
    """Return paragraphs with Ansible's markup as a list in reStructuredText."""
    wrapped = [
        textwrap.fill(
            rst.to_rst_plain(parser.parse(ENVIRONMENT_VARIABLE.sub("C(", text), parser.Context())),
            118,
            initial_indent="- ",
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for text in paragraphs
    ]
    return "\n".join(wrapped)


def render() -> str:
    """Return the text of the page."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters.update(facts=facts, items=items)
    return environment.from_string(TEMPLATE).render(read_documentation())


if __name__ == "__main__":
    init_plugin_loader()
    Path(sys.argv[1] if sys.argv[1:] else PAGE).write_text(render(), "utf-8")
