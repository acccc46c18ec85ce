# SPDX-License-Identifier: MIT
# Shared by the scripts beside it (sourced by bash): where things are, and how they speak.

set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cd -- "$root"

cache=${PYMODE_BUILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pymode-build}
node=$root/node_modules/.bin/node
pymode=$root/build/release/pymode
started=$SECONDS

# A step's headline, with the time since the script began.
step() {
    printf '\n== %s  (%dm%02ds)\n' "$1" $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60))
}

fail() {
    printf 'error: %s\n' "$1" >&2
    exit 1
}

# Says whether FILE holds exactly the given text: a stamp of what was done last.
stamp_is() {
    [[ -f $1 && $(<"$1") == "$2" ]]
}
