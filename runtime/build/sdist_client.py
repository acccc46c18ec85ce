# SPDX-License-Identifier: MIT
"""Downloads source distributions with pip's own client, and runs nothing that is in them.

`pip download` asks a source distribution for its metadata, which runs its setup.py; here pip only
finds the file on the index it is configured with and fetches it. Run by the Python of an
environment that has pip: standard input is a JSON list of [project, file name, target].
"""

import json
import sys

from pip._internal.commands.download import DownloadCommand

CHUNK = 1 << 20


def main() -> None:
    wanted = json.load(sys.stdin)
    command = DownloadCommand("download", "source distributions only")
    options, _ = command.parse_args(["--no-deps", "--no-binary", ":all:", "--pre"])
    with command.main_context():
        session = command.get_default_session(options)
        finder = command._build_package_finder(options=options, session=session)
        for project, name, target, limit in wanted:
            links = [
                candidate.link
                for candidate in finder.find_all_candidates(project)
                if candidate.link.filename == name
            ]
            if not links:
                sys.exit(f"the index has no {name}")
            response = session.get(
                links[0].url_without_fragment,
                headers={"Accept-Encoding": "identity"},
                stream=True,
            )
            response.raise_for_status()
            written = 0
            with open(target, "wb") as stream:
                # One byte more than is expected: a longer file is refused anyway.
                for block in response.iter_content(CHUNK):
                    stream.write(block)
                    written += len(block)
                    if written > limit:
                        break


main()
