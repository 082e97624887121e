"""remove_comments_mapper: comments of LaTeX."""

from __future__ import annotations

from support.one_operator import rewritten


def test_comments_behind_text_and_whole_lines_of_them_go():
    text = "a 5\\% b % note\n% whole\nc"
    assert rewritten("remove_comments_mapper", text) == "a 5\\% b\nc"
    inline = {"inline": False}
    assert rewritten("remove_comments_mapper", text, **inline) == "a 5\\% b % note\nc"
    # a line end is a character before the sign too
    behind_text_alone = {"multiline": False}
    assert rewritten("remove_comments_mapper", text, **behind_text_alone) == "a 5\\% b\nc"
    assert rewritten("remove_comments_mapper", "% first", **behind_text_alone) == "% first"
