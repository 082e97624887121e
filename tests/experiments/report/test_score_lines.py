from xml.etree import ElementTree

from bettersynth.experiments.report.score_lines import ScoredPoint, score_lines


def test_recipes_and_controls_are_two_lines_whose_points_name_their_experiment():
    recipes = [ScoredPoint("b", 2000, 60, 57, 63), ScoredPoint("a<", 1000, 55, 52, 58)]
    controls = [ScoredPoint("c", 1000, 50, 47, 53)]
    drawn = score_lines(recipes, controls, "samples", "MMBench, %")
    picture = ElementTree.fromstring(str(drawn))
    points = [circle for circle in picture.iter("circle")]
    titles = [point.find("title").text for point in points]
    assert titles == [
        "a<: 55.00 (52.0 to 58.0)",
        "b: 60.00 (57.0 to 63.0)",
        "c: 50.00 (47.0 to 53.0)",
    ]
    kinds = [point.get("class") for point in points]
    assert kinds == ["point recipes", "point recipes", "point controls"]
    # one control alone is joined with nothing
    assert len(list(picture.iter("polyline"))) == 1
    assert "b 60.0" in picture.get("aria-label")


def test_equal_numbers_are_drawn_too():
    points = [ScoredPoint("a", 5, 50, 50, 50), ScoredPoint("b", 5, 50, 50, 50)]
    assert "nan" not in str(score_lines(points, [], "samples", "MMBench, %"))
