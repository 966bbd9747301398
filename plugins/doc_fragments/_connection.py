# Copyright (c) 2026, huaweicloud.coc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which site to query, and with which credentials."""

from __future__ import annotations

from ansible_collections.huaweicloud.coc.plugins.module_utils._options import CONNECTION, VARIABLE_PREFIX


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
        All credentials come from one source, the first of these that has any: the options, where a key, O(auth_token),
        O(idp_id), and O(credentials_file) or O(profile) exclude each other; the environment variables
        E(HUAWEICLOUD_SDK_AK), E(HUAWEICLOUD_SDK_SK) and E(HUAWEICLOUD_SDK_SECURITY_TOKEN); the profile of
        E(HW_SHARED_CONFIG_FILE) and E(HW_PROFILE); the environment variables E(HW_ACCESS_KEY), E(HW_SECRET_KEY),
        E(HW_SECURITY_TOKEN) and E(HW_AUTH_TOKEN); the profile file; in a pod of CCE, what
        E(HC_CONTAINER_CREDENTIALS_FULL_URI) and E(HC_CONTAINER_AUTHORIZATION_TOKEN_FILE) give. The environment
        variables of an identity token count with those of the same prefix.
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
        V(auto) never queries the metadata service: machines elsewhere would wait for it, and an ECS would use an
        identity that the user did not choose.
    type: str
    choices: [auto, ecs_metadata]
    default: auto
  domain_id:
    description:
      - Account ID, sent as C(X-Domain-Id) if set. Whether the service needs it is unknown. With an agency, it is the
        one of the agency's account.
      - >-
        If not set, the one beside the credentials is used: E(HUAWEICLOUD_SDK_DOMAIN_ID), E(HW_DOMAIN_ID), or
        C(domain_id) of the profile file. With an agency, none of these is: it is of another account.
    type: str
  project_id:
    description:
      - Project ID, sent as C(X-Project-Id) if set. Whether the service needs it is unknown. With an agency, it is one
        of the agency's account.
      - >-
        If not set, the one beside the credentials is used: E(HUAWEICLOUD_SDK_PROJECT_ID), E(HW_PROJECT_ID), or
        C(project_id) of the profile file. With an agency, none of these is: it is of another account.
    type: str
  credentials_file:
    description:
      - Profile file of the vendor's SDK, an INI file with the sections C([global]) and C([basic]), read in this order,
        and the keys C(ak), C(sk), C(security_token), C(domain_id), C(project_id), C(idp_id) and C(id_token_file). Or a
        JSON file with O(profile)s.
      - If not set, the environment variable E(HUAWEICLOUD_SDK_CREDENTIALS_FILE) is used, else
        C(~/.huaweicloud/credentials), both after the environment variables with credentials.
      - If set, no credentials are read from environment variables.
    type: path
  profile:
    description:
      - Name of a profile of KooCLI, which Terraform uses too, in O(credentials_file), in the file of the environment
        variable E(HW_SHARED_CONFIG_FILE), or in C(~/.hcloud/config.json). An agency in it is used like O(agency_name).
      - KooCLI must store the keys in plain text (C(hcloud configure set --cli-auth-encrypt=false)).
      - If not set, the environment variable E(HW_PROFILE) is used, else the current profile. That one or
        E(HW_SHARED_CONFIG_FILE) must be set for it to be used at all, before E(HW_ACCESS_KEY).
    type: str
    version_added: 2.0.0
  idp_id:
    description:
      - ID of an identity provider (OIDC). Requires O(id_token_file), whose identity token is exchanged for temporary
        credentials, which are renewed. The two win over O(access_key).
      - >-
        If not set, the environment variables E(HUAWEICLOUD_SDK_IDP_ID) and E(HUAWEICLOUD_SDK_ID_TOKEN_FILE) are used,
        or C(idp_id) and C(id_token_file) of the profile file, each beside the keys there; or
        E(HW_ASSUME_ROLE_IDP_ID) with E(HW_ASSUME_ROLE_ID_TOKEN_FILE) or E(HW_ASSUME_ROLE_ID_TOKEN), which take an
        agency.
    type: str
    version_added: 2.0.0
  id_token_file:
    description:
      - File with the identity token of O(idp_id). It is read again at each renewal.
    type: path
    version_added: 2.0.0
  agency_name:
    description:
      - Name of an agency of another account, whose tasks are to be listed. The credentials are exchanged for temporary
        ones of the agency, which are renewed if a long query outlives them, and never written to a file.
      - Requires O(agency_domain_id) or O(agency_domain_name), and that the user of the credentials has the permission
        C(sts:agencies:assume) or Agent Operator.
      - >-
        If not set, the environment variables E(HW_ASSUME_ROLE_AGENCY_NAME), E(HW_ASSUME_ROLE_DOMAIN_ID) and
        E(HW_ASSUME_ROLE_DOMAIN_NAME) are used, unless an option says whose credentials to use; then there is a warning.
    type: str
    version_added: 2.0.0
  agency_domain_id:
    description:
      - ID of the account that has the agency of O(agency_name). It wins over O(agency_domain_name).
      - With the ID, the exchange is one of STS v5; of IAM v3 for a token, at sites without STS, and if the URL of IAM
        is given.
    type: str
    version_added: 2.0.0
  agency_domain_name:
    description:
      - Name of the account that has the agency of O(agency_name). With the name, the exchange is one of IAM v3.
    type: str
    version_added: 2.0.0
  iam_endpoint:
    description:
      - URL of IAM without a path, for an exchange of credentials. By default, it is the one of the site of O(region).
      - If not set, the environment variable E(HUAWEICLOUD_SDK_IAM_ENDPOINT) is used. The URL of STS is that in
        E(HUAWEICLOUD_SDK_STS_ENDPOINT).
    type: str
    version_added: 2.0.0
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
    LOOKUP = "options:\n"


for name in CONNECTION:
    ModuleDocFragment.LOOKUP += f"  {name}:\n    vars:\n      - name: {VARIABLE_PREFIX}{name}\n"
