"""One item, in the form that LLaVA reads."""

from bettersynth.data.instruction.conversations import conversation


def test_the_picture_comes_before_the_question():
    assert conversation("1", "a.png", "What?", "This.") == {
        "id": "1",
        "image": "a.png",
        "conversations": [
            {"from": "human", "value": "<image>\nWhat?"},
            {"from": "gpt", "value": "This."},
        ],
    }
