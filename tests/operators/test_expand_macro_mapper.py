"""expand_macro_mapper: LaTeX macros written out."""

from __future__ import annotations

from support.one_operator import rewritten


def test_a_macro_is_written_out_where_its_whole_name_stands():
    text = "\\newcommand{\\x}{\\alpha}\nso \\x is \\xy"
    written_out = "\\newcommand{\\alpha}{\\alpha}\nso \\alpha is \\xy"
    assert rewritten("expand_macro_mapper", text) == written_out


def test_the_form_of_tex_is_known_too():
    assert rewritten("expand_macro_mapper", "\\def\\x{one}\n\\x!") == "\\defone{one}\none!"
