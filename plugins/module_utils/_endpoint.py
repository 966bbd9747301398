# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which site of COC to query, and which IAM and STS."""

from __future__ import annotations

import ipaddress
import re
import typing as t
from urllib.parse import urlsplit

from ansible_collections.huaweicloud.coc.plugins.module_utils._errors import CocError
from ansible_collections.huaweicloud.coc.plugins.module_utils._options import quoted

REGION_VARIABLE = "HW_REGION_NAME"
ENDPOINT_VARIABLE = "HUAWEICLOUD_COC_ENDPOINT"
IAM_VARIABLE = "HUAWEICLOUD_SDK_IAM_ENDPOINT"
STS_VARIABLE = "HUAWEICLOUD_SDK_STS_ENDPOINT"

# COC has one endpoint for each site, not for each region. The vendor's SDK knows these three regions.
SITES = {
    "cn-north-4": ("China", "https://coc.myhuaweicloud.com"),
    "ap-southeast-3": ("International", "https://coc-intl.myhuaweicloud.com"),
    "eu-west-101": ("Europe", "https://coc-eu-west-101-open-api.myhuaweicloud.eu"),
}


def find_endpoint(options: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> str:
    """Return the URL to query, without a slash at its end: ``endpoint`` if set, else that of ``region``'s site.

    Nothing is guessed: the wrong site returns an empty list, not an error (field report).
    Raises :class:`CocError` if there is neither, for an unknown region, and for a URL that cannot be used.
    """
    endpoint = options.get("endpoint") or environ.get(ENDPOINT_VARIABLE, "").strip()
    if endpoint:
        source = "endpoint" if options.get("endpoint") else f"environment variable {ENDPOINT_VARIABLE}"
        return _check_endpoint(endpoint, source)
    region = options.get("region") or environ.get(REGION_VARIABLE, "").strip()
    if region in SITES:
        return SITES[region][1]
    if region:
        source = "region" if options.get("region") else f"environment variable {REGION_VARIABLE}"
        problem = f"{source}: COC has no site for {quoted(region)}"
    else:
        problem = (
            "No site is set: neither region nor endpoint is set, nor the environment variable "
            f"{REGION_VARIABLE} or {ENDPOINT_VARIABLE}"
        )
    sites = "; ".join(f"{known} for {site} ({url})" for known, (site, url) in SITES.items())
    raise CocError(
        f"{problem}. Set region to the region that stands for the site of your account, wherever its resources are: "
        f"{sites}. Or set endpoint to the URL of another site."
    )


def find_iam(options: t.Mapping[str, t.Any], environ: t.Mapping[str, str], sts: bool = False) -> str:
    """Return the URL of IAM, or of STS: the one that was given, else that of the site of COC.

    It is '' if there is no STS: in Europe, as far as the vendor's SDK knows, and beside an IAM that was given.
    Raises :class:`CocError` if the URL of IAM is not known, or one cannot be used.
    """
    given = {f"environment variable {name}": environ.get(name, "").strip() for name in (STS_VARIABLE, IAM_VARIABLE)}
    of_sts, of_iam = given.items()
    if options.get("iam_endpoint"):
        of_iam = ("iam_endpoint", options["iam_endpoint"])
    source, url = of_sts if sts else of_iam
    if url:
        return _check_endpoint(url, source)
    coc = find_endpoint(options, environ)
    region = next((region for region, (_site, url) in SITES.items() if url == coc), None)
    if sts and (of_iam[1] or region in (None, "eu-west-101")):
        return ""
    if region is None:
        raise CocError(f"iam_endpoint: is not set, and which IAM belongs to {coc} is not known. Set it to IAM's URL.")
    return f"https://{'sts' if sts else 'iam'}.{region}.myhuaweicloud.{coc.rpartition('.')[2]}"


def _check_endpoint(endpoint: str, source: str) -> str:
    """Return scheme, host and port of ``endpoint``. Raises :class:`CocError` if it has more, or is not a URL."""
    try:
        parts = urlsplit(endpoint)
        is_usable = bool(
            # no user:password@, nothing that needs encoding, nothing beside the brackets of an IPv6 address
            re.fullmatch(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?", parts.netloc)
            and parts.hostname
            and parts.port != 0
            and parts.scheme in ("http", "https")
            and parts.path in ("", "/")
            and not parts.query
            and not parts.fragment
        )
    except ValueError:
        is_usable = False
    if not is_usable:
        raise CocError(
            f"{source}: {quoted(endpoint)} is not a URL of the form https://host or https://host:port, without path or "
            "password."
        )
    if parts.scheme == "http" and not is_near(parts.hostname or "", or_link_local=False):
        raise CocError(f"{source}: {endpoint!r} would send credentials unencrypted. Use https://{parts.netloc}.")
    return f"{parts.scheme}://{parts.netloc}"


def is_near(host: str, or_link_local: bool = True) -> bool:
    """Return whether what is sent to ``host`` stays on this machine, or on its link."""
    try:
        address = ipaddress.ip_address(host)
        return address.is_loopback or (or_link_local and address.is_link_local)
    except ValueError:
        return host == "localhost"
