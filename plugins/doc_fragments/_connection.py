# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which COC to ask, and as whom."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  region:
    description:
      - The region that stands for the site of the account, V(cn-north-4) for China, V(ap-southeast-3) for
        International, V(eu-west-101) for Europe. No other region is accepted.
      - COC has one endpoint for each site, whatever regions the account's resources are in. The wrong site returns an
        empty list, so there is no default.
      - If not set, the environment variable E(HW_REGION_NAME) is used. Either O(region) or O(endpoint) is required.
      - The environment variable E(HUAWEICLOUD_COC_ENDPOINT) wins over it.
    type: str
  endpoint:
    description:
      - URL of the service without a path, for example V(https://coc-intl.myhuaweicloud.com). It wins over O(region).
      - V(http://) is accepted for the local machine only.
      - If not set, the environment variable E(HUAWEICLOUD_COC_ENDPOINT) is used.
    type: str
  access_key:
    description:
      - Access key (AK). Requires O(secret_key).
      - >-
        All credentials come from one source, the first of these that has any: the options O(access_key), O(secret_key),
        O(security_token) and O(auth_token); O(credentials_file) if set, and then nothing after it; the
        environment variables E(HUAWEICLOUD_SDK_AK), E(HUAWEICLOUD_SDK_SK) and E(HUAWEICLOUD_SDK_SECURITY_TOKEN); the
        environment variables E(HW_ACCESS_KEY), E(HW_SECRET_KEY), E(HW_SECURITY_TOKEN) and E(HW_AUTH_TOKEN); the profile
        file of O(credentials_file).
    type: str
    aliases: [ak]
  secret_key:
    description:
      - Secret key (SK) of O(access_key).
    type: str
    aliases: [sk]
  security_token:
    description:
      - Security token of a temporary O(access_key).
    type: str
  auth_token:
    description:
      - IAM token, to use instead of O(access_key), O(secret_key) and O(security_token). It excludes them.
    type: str
  auth_source:
    description:
      - With V(auto), credentials are searched for as described for O(access_key).
      - With V(ecs_metadata), only the temporary credentials of the agency of the ECS that this runs on are used. They
        are renewed if a long query outlives them.
      - >-
        V(auto) never queries the metadata service: machines elsewhere would wait for it, and an ECS would act under an
        identity that nobody chose.
    type: str
    choices: [auto, ecs_metadata]
    default: auto
  domain_id:
    description:
      - Account ID, sent as C(X-Domain-Id) if given. Whether the service needs it is unknown.
      - >-
        If not set, the one beside the credentials is used: E(HUAWEICLOUD_SDK_DOMAIN_ID), E(HW_DOMAIN_ID), or
        C(domain_id) of the profile file.
    type: str
  project_id:
    description:
      - Project ID, sent as C(X-Project-Id) if given. Whether the service needs it is unknown.
      - >-
        If not set, the one beside the credentials is used: E(HUAWEICLOUD_SDK_PROJECT_ID), E(HW_PROJECT_ID), or
        C(project_id) of the profile file.
    type: str
  credentials_file:
    description:
      - Profile file of the vendor's SDK, an INI file with the sections C([global]) and C([basic]), read in this order,
        and the keys C(ak), C(sk), C(security_token), C(domain_id) and C(project_id).
      - If not set, the environment variable E(HUAWEICLOUD_SDK_CREDENTIALS_FILE) is used, else
        C(~/.huaweicloud/credentials), both after all other sources.
      - If set, no credentials are read from environment variables.
    type: path
  validate_certs:
    description:
      - >-
        Whether to validate the certificate of the service. Set it to V(false) for tests only: your credentials could go
        to anyone.
    type: bool
    default: true
  ca_path:
    description:
      - File or folder (prepared with C(openssl rehash)) of CA certificates to trust instead of the default ones.
      - If not set, the environment variable E(REQUESTS_CA_BUNDLE) is used, else the certificates that the Python
        library requests trusts.
    type: path
  timeout:
    description:
      - Seconds that one attempt may take, from connecting to the last byte of the answer, V(0.001) to V(3600).
    type: float
    default: 30.0
  max_retries:
    description:
      - How often a request is retried, V(0) to V(20), after HTTP status 408, 429, 500, 502, 503 or 504, an error code
        that may pass, a refused or broken connection, a timeout, or a response that is cut short.
      - Delays grow from half a second to a minute, or are as long as the service asks for. If it asks for more than a
        minute, or the failure cannot pass, such as wrong credentials, nothing is retried.
    type: int
    default: 4
requirements:
  - Python 3.8 or later; on the controller, the Python that ansible-core requires
  - requests
notes:
  - Empty options and environment variables count as not set.
  - More than five failed authentications in a row lock an access key for five minutes, for everybody who uses it. The
    plugins never try a refused key again, and all lookups of a run together send it once. But each item of a C(loop),
    each attempt of an C(until) and each host of a play that runs the module is a failure of its own. Run the module
    with C(run_once), and repeat nothing that was refused.
  - Proxies come from the environment variables E(HTTPS_PROXY), E(ALL_PROXY) and E(NO_PROXY).
"""

    # What a lookup adds: each option also comes from a variable.
    LOOKUP = r"""
options:
  region:
    vars:
      - name: ansible_huaweicloud_region
  endpoint:
    vars:
      - name: ansible_huaweicloud_endpoint
  access_key:
    vars:
      - name: ansible_huaweicloud_access_key
  secret_key:
    vars:
      - name: ansible_huaweicloud_secret_key
  security_token:
    vars:
      - name: ansible_huaweicloud_security_token
  auth_token:
    vars:
      - name: ansible_huaweicloud_auth_token
  auth_source:
    vars:
      - name: ansible_huaweicloud_auth_source
  domain_id:
    vars:
      - name: ansible_huaweicloud_domain_id
  project_id:
    vars:
      - name: ansible_huaweicloud_project_id
  credentials_file:
    vars:
      - name: ansible_huaweicloud_credentials_file
  validate_certs:
    vars:
      - name: ansible_huaweicloud_validate_certs
  ca_path:
    vars:
      - name: ansible_huaweicloud_ca_path
  timeout:
    vars:
      - name: ansible_huaweicloud_timeout
  max_retries:
    vars:
      - name: ansible_huaweicloud_max_retries
"""
