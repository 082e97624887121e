"""DVC's page of plots carries its scripts."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from dvc_render.html import HTML as DvcPage
from dvc_render.vega import VegaRenderer

from bettersynth.errors import UserError
from bettersynth.experiments.report import plots_page
from bettersynth.experiments.report.plots_page import PACKAGES, PAGE, script_of, write_plots_page


def pack(path, name, content):
    """Write a tarball of one file, as npm packs them."""
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def _packages(tmp_path, monkeypatch):
    """A project whose packages are small stand-ins."""
    monkeypatch.chdir(tmp_path)
    for command in (["git", "init", "--quiet"], ["dvc", "init", "--quiet"]):
        subprocess.run(command, check=True, capture_output=True)

    def packed(package, folder, accept_other_builds):
        script = f'said = "{package.name}</script>";'.encode()
        pack(folder / package.file, f"package/build/{package.name}.min.js", script)
        return folder / package.file

    monkeypatch.setattr(plots_page, "cached_package", packed)


@pytest.mark.usefixtures("_packages")
def test_dvc_fills_a_page_that_asks_no_address():
    write_plots_page()
    config = Path(".dvc/config.local").read_text()
    assert "html_template = plots/page.html" in config
    page = DvcPage(PAGE.read_text(encoding="utf-8"))
    page.with_scripts(VegaRenderer.SCRIPTS)
    page.with_element("<div>a plot</div>")
    shown = page.embed()
    assert "<div>a plot</div>" in shown
    assert "http" not in shown
    assert "refresh_tag" not in shown
    for package in PACKAGES:
        # a script that names its own end goes on
        assert f'said = "{package.name}<\\/script>";</script>' in shown


def test_the_versions_are_those_that_dvc_asks_the_network_for():
    for package in PACKAGES:
        assert f"npm/{package.name}@{package.version}" in VegaRenderer.SCRIPTS


def test_an_archive_without_the_script_is_told(tmp_path):
    pack(tmp_path / "a.tgz", "package/README.md", b"")
    with pytest.raises(UserError, match=r"a.tgz holds no package/build/vega.min.js"):
        script_of(PACKAGES[0], tmp_path / "a.tgz")
