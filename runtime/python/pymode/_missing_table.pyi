# SPDX-License-Identifier: MIT
REASONS: dict[str, str]
