"""Lets `dvc plots show` draw without a network: its page then carries Vega itself.

    make plots

Once, with a network: npm fetches three packages of 3 MB. DVC's own page loads the same versions
each time it is opened.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.sources.archives import read_members
from bettersynth.data.sources.registries import cached_package
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.settings.source import Package

PAGE = Path(".dvc/plots/page.html")
# as DVC names it: relative to .dvc
SETTING = ["plots.html_template", "plots/page.html"]
LICENCE = "BSD-3-Clause"
# the versions that dvc-render 1.0 writes its plots for
PACKAGES = (
    Package(
        "npm",
        "vega",
        "5.20.2",
        "vega-5.20.2.tgz",
        "d77deab01d6104b1239228720721f93003e60797d2faced7ffdd759fa70f989d",
        LICENCE,
    ),
    Package(
        "npm",
        "vega-lite",
        "5.2.0",
        "vega-lite-5.2.0.tgz",
        "f64ca4745f043447ac86b67dc9e9592ec2b85ac8b8dafc35faf970f142463e4b",
        LICENCE,
    ),
    Package(
        "npm",
        "vega-embed",
        "6.18.2",
        "vega-embed-6.18.2.tgz",
        "93aeee312e92077b0252ef026c0fe0ec8fa430c19825aeada6cd3a6804e68e1b",
        LICENCE,
    ),
)
# DVC puts the plots, and how often the page loads itself anew, where the names in braces stand
HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
{refresh_tag}
<title>DVC plots</title>
SCRIPTS
</head>
<body>
{plot_divs}
</body>
</html>
"""


def script_of(package: Package, archive: Path) -> str:
    """Return the script of an npm package, as it may stand in a page.

    Raises:
        UserError: the archive is damaged, or has none.
    """
    wanted = f"package/build/{package.name}.min.js"
    for _, content in read_members(archive, wanted.__eq__):
        # a text in the script would end it
        return content.decode().replace("</script", "<\\/script")
    raise UserError(f"{archive} holds no {wanted}")


def write_plots_page() -> None:
    """Write DVC's page with the scripts in it, and let this clone's DVC use it.

    Raises:
        UserError: npm cannot fetch a package, or DVC does not take the page.
    """
    folder = scratch_folder("archives")
    folder.mkdir(parents=True, exist_ok=True)
    scripts = []
    for package in PACKAGES:
        archive = cached_package(package, folder, accept_other_builds=False)
        scripts.append(f"<script>{script_of(package, archive)}</script>")
    with complete_or_absent(PAGE) as temporary:
        temporary.write_text(HTML.replace("SCRIPTS", "\n".join(scripts)), encoding="utf-8")
    # of this clone alone: without the page DVC's plots would end in an error
    done = subprocess.run(
        ["dvc", "config", "--local", *SETTING], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UserError(f"dvc config: {done.stderr.strip()}")
    print(f"{PAGE}: `dvc plots show` needs no network now")


if __name__ == "__main__":
    run_step(write_plots_page)
