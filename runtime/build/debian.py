# SPDX-License-Identifier: MIT
"""Downloads files of Debian source packages with the machine's own apt, without changing the
machine.

apt runs with a private configuration: its lists, caches and the one sources file are in the build
cache. The mirror is the one the machine uses already; only the suite differs and `deb-src` is asked
instead of `deb`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from .context import BuildError, Context, run
from .sources import DebianFile
from .store import remove_tree

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def download(context: Context, wanted: DebianFile, adopt: Callable[[Path], None]) -> None:
    """Downloads the tarballs of a source package and hands the wanted one to ``adopt``."""
    environment = _private_apt(context, wanted.suite)
    folder = context.cache / "work" / "apt-download"
    remove_tree(folder)
    folder.mkdir(parents=True)
    try:
        run(
            ["apt-get", "source", "-q", "--download-only", "--tar-only", wanted.package],
            cwd=folder,
            env=environment,
        )
        found = folder / wanted.file
        if not found.is_file():
            names = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
            raise BuildError(f"the package now holds {names} and not {wanted.file}")
        adopt(found)
    finally:
        remove_tree(folder)


def _private_apt(context: Context, suite: str) -> dict[str, str]:
    """The environment of an apt whose state is in the cache, with the package lists of the suite
    read.
    """
    root = context.cache / "apt" / suite
    ready = root / "ready"
    environment = {"APT_CONFIG": str(root / "apt.conf")}
    if ready.is_file():
        return environment
    remove_tree(root)
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (root / folder).mkdir(parents=True)
    option = f"[signed-by={KEYRING}] " if KEYRING.is_file() else ""
    (root / "sources.list").write_text(
        f"deb-src {option}{_mirror()} {suite} main\n", encoding="utf-8"
    )
    (root / "apt.conf").write_text(
        f'Dir::State "{root}/state";\n'
        'Dir::State::status "/dev/null";\n'
        f'Dir::Cache "{root}/cache";\n'
        f'Dir::Etc::sourcelist "{root}/sources.list";\n'
        'Dir::Etc::sourceparts "-";\n'
        # apt's unprivileged download user cannot enter a cache below /root
        'APT::Sandbox::User "root";\n'
        'Acquire::Retries "2";\n',
        encoding="utf-8",
    )
    run(["apt-get", "update", "-q"], env=environment)
    ready.touch()
    return environment


def _mirror() -> str:
    """The repository from which this machine gets its Debian release."""
    codename = _os_release().get("VERSION_CODENAME", "")
    if _os_release().get("ID") != "debian" or not codename:
        raise BuildError("this machine is not Debian, so it has no Debian mirror")
    targets = run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)"])
    for line in targets.splitlines():
        uri, _, release = line.partition(" ")
        if release == codename and uri.startswith(
            ("http://", "https://", "file:", "mirror+", "copy:")
        ):
            return uri
    raise BuildError(f"apt has no repository of the release {codename}")


def _os_release() -> dict[str, str]:
    path = Path(os.environ.get("PYMODE_OS_RELEASE", "/etc/os-release"))
    if not path.is_file():
        return {}
    pairs = (
        line.partition("=") for line in path.read_text(encoding="utf-8").splitlines() if "=" in line
    )
    return {name: value.strip().strip('"') for name, _, value in pairs}
