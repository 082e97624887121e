from support.default_settings import default_settings


def test_by_default_no_text_is_rewritten():
    assert default_settings("rewrite").recipe == []
