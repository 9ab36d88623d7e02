"""The site is whole on its own: what would be fetched elsewhere is served from it or left out."""

from pathlib import Path

import yaml
from docutils import nodes
from offline_site import MATHJAX_PARTS, copy_mathjax, drop_thebe_blocks, is_thebe, mathjax_source

ROOT = Path(__file__).resolve().parents[2]


def test_configuration_serves_mathjax_from_the_site():
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["sphinx"]["config"]
    assert "://" not in config["mathjax_path"]
    assert config["mathjax_path"].endswith(MATHJAX_PARTS[0])


def test_mathjax_is_copied_in_part(tmp_path: Path):
    copy_mathjax(mathjax_source(), tmp_path)
    assert (tmp_path / "tex-chtml.js").stat().st_size > 1_000_000
    assert list(tmp_path.glob("output/chtml/fonts/**/*.woff"))
    assert sum(f.stat().st_size for f in tmp_path.rglob("*") if f.is_file()) < 3_000_000


def test_thebe_is_recognised_and_others_are_kept():
    class Script:
        def __init__(self, filename, **attributes):
            self.filename, self.attributes = filename, attributes

    assert is_thebe(Script("sphinx-thebe.js"))
    assert is_thebe(Script(None, body='const THEBE_JS_URL = "x"'))
    assert not is_thebe(Script("ledger-filter.js", body=None))


def test_settings_for_another_repository_are_dropped_from_a_page():
    settings = nodes.raw("", '<script type="text/x-thebe-config">{}</script>', format="html")
    kernel = nodes.raw("", "<script>kernelName = 'python3'</script>", format="html")
    kept = nodes.raw("", "<form></form>", format="html")
    page = nodes.section("", settings, kernel, kept)
    drop_thebe_blocks(None, page, "page")
    assert page.children == [kept]
