from support.small_columns import column
from support.small_pool import drawn_row, write_candidates

from bettersynth.data.tables.drawn import write_drawn
from bettersynth.data.tables.new_versions import read_new_versions


def test_captions_stand_first_and_pictures_behind_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_candidates([("s01", 0, "a red bus", 0.5)])
    write_drawn([drawn_row("s00", 1000)])
    versions = read_new_versions(column("s00", "s01"))
    assert versions["id"].to_pylist() == ["s01", "s00"]
    assert versions["candidate"].to_pylist() == [0, 1000]
    assert versions["maker"].to_pylist() == ["tiny", "text_to_image_mapper"]
