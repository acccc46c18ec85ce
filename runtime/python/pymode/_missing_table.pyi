# SPDX-License-Identifier: MIT
REASONS: dict[str, str]
OPTIONAL: set[str]
