from bettersynth.data.samples.text_form import caption_of_text, invalid_unicode, text_of_caption


def test_a_caption_comes_back_from_its_text():
    text = text_of_caption("a dog")
    assert text == "<__dj__image>\na dog <|__dj__eoc|>"
    assert caption_of_text(text) == "a dog"


def test_half_a_surrogate_pair_is_no_text():
    assert invalid_unicode("fine") == ""
    assert invalid_unicode("x\ud83d") == (
        "no valid Unicode: half of a surrogate pair at character 1"
    )
