"""Two machines share their scores: nothing is lost, nothing is scored twice, damage is told."""

import pytest

from bettersynth.data.files.code_digest import code_digest
from bettersynth.data.files.hashing import content_key
from bettersynth.errors import UserError
from bettersynth.measuring.score_cache import ColumnIdentity, ScoreColumn
from bettersynth.recipes import shared_scores
from bettersynth.recipes.shared_scores import pull, push

OPERATOR = "words_num_filter"


@pytest.fixture
def remote(tmp_path):
    return str(tmp_path / "remote")


@pytest.fixture
def on_machine(tmp_path, monkeypatch):
    """Let what follows happen on a machine of that name, which has a cache of its own."""

    def switch(name):
        (tmp_path / name).mkdir(exist_ok=True)
        monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / name))

    return switch


def column(code=None, operator=OPERATOR):
    present = code_digest(f"bettersynth.operators.{operator}")
    return ScoreColumn(ColumnIdentity(operator, 1, {}, "", present if code is None else code))


def score(words, value=None, **which):
    here = column(**which)
    here.put({content_key([word]): [len(word) if value is None else value] for word in words})
    here.close()


def scores(words, **which):
    here = column(**which)
    known = here.get([content_key([word]) for word in words])
    here.close()
    return [known.get(content_key([word])) for word in words]


def test_a_second_machine_has_all_scores_after_a_pull(remote, on_machine, capsys):
    on_machine("first")
    score(["a", "bb"])
    assert push(remote).added == 2
    on_machine("second")
    assert pull(remote).added == 2
    assert scores(["a", "bb"]) == [[1], [2]]
    assert "pulled 2 scores" in capsys.readouterr().out
    tally = push(remote)
    assert (tally.added, tally.known) == (0, 2)


def test_machines_that_scored_at_once_have_both_halves_after_push_and_pull(remote, on_machine):
    for machine, words in (("first", ["a", "bb"]), ("second", ["bb", "ccc"])):
        on_machine(machine)
        score(words)
        push(remote)
    for machine in ("first", "second"):
        on_machine(machine)
        pull(remote)
        assert scores(["a", "bb", "ccc"]) == [[1], [2], [3]]
        assert push(remote).added == 0


def test_a_column_goes_in_several_parts(remote, on_machine, monkeypatch, tmp_path):
    monkeypatch.setattr(shared_scores, "ROWS_A_PART", 2)
    on_machine("first")
    score(["a", "bb", "ccc"])
    push(remote)
    assert len(list(tmp_path.glob("remote/*/*.parquet"))) == 2
    on_machine("second")
    assert pull(remote).added == 3


def test_equal_keys_with_different_values_are_told_and_kept_on_each_side(
    remote, on_machine, capsys
):
    on_machine("first")
    score(["a"], value=0.25)
    push(remote)
    on_machine("second")
    score(["a"], value=0.5)
    assert (pull(remote).differing, push(remote).differing) == (1, 1)
    assert capsys.readouterr().err.count("1 scores here differ from those at") == 2
    assert scores(["a"]) == [[0.5]]


def test_a_damaged_part_is_told_and_not_merged_and_a_push_makes_up_for_it(
    remote, on_machine, tmp_path
):
    on_machine("first")
    score(["a"])
    push(remote)
    score(["bb"])
    push(remote)
    (damaged, _) = sorted(tmp_path.glob("remote/*/*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:-5])
    on_machine("second")
    with pytest.raises(UserError, match=rf"1 damaged files at .*{damaged.name}: its bytes were"):
        pull(remote)
    assert scores(["a", "bb"]).count(None) == 1
    on_machine("first")
    with pytest.raises(UserError, match="damaged"):
        push(remote)
    on_machine("second")
    # the same rows make the same name: the push wrote the damaged part anew
    assert pull(remote).added == 1
    assert scores(["a", "bb"]) == [[1], [2]]


def test_a_score_that_was_changed_on_this_disk_is_not_shared(remote, on_machine, capsys):
    on_machine("first")
    score(["a", "bb"])
    here = column()
    here.connection.execute("UPDATE scores SET value = '[7]' WHERE key = ?", [content_key(["a"])])
    here.close()
    assert push(remote).added == 1
    assert "1 scores were changed on disk: they are not shared" in capsys.readouterr().err


def test_scores_of_older_code_stay_where_they_are(remote, on_machine, capsys, monkeypatch):
    on_machine("first")
    score(["a"], code="older")
    assert push(remote).added == 0
    score(["a"])
    push(remote)
    on_machine("second")
    monkeypatch.setattr("bettersynth.recipes.cached_scores.code_now", lambda _: "newer")
    assert pull(remote).added == 0
    assert "1 columns at" in capsys.readouterr().err


def test_only_the_operators_that_are_named_travel(remote, on_machine):
    on_machine("first")
    score(["a"])
    score(["a"], operator="text_length_filter")
    push(remote)
    on_machine("second")
    assert pull(remote, [OPERATOR]).added == 1
    assert scores(["a"], operator="text_length_filter") == [None]
    with pytest.raises(UserError, match="holds no scores of wrods_num; it holds: text_length"):
        pull(remote, ["wrods_num"])


def test_an_empty_address_is_one_line(remote, on_machine):
    on_machine("first")
    with pytest.raises(UserError, match=r"holds no scores; `bettersynth cache push .*remote` puts"):
        pull(remote)


def test_a_pull_into_a_cache_that_may_not_be_written_is_refused(remote, on_machine, monkeypatch):
    on_machine("first")
    score(["a"])
    push(remote)
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(UserError, match="may not be written"):
        pull(remote)


def test_a_full_disk_is_one_line_and_loses_nothing(remote, on_machine, monkeypatch):
    on_machine("first")
    score(["a" * length for length in range(1, 2000)])
    push(remote)
    on_machine("second")
    score(["z"])
    begin = shared_scores._begin_arrivals

    def begin_on_a_full_disk(connection):
        begin(connection)
        connection.execute("PRAGMA main.max_page_count = 4")

    monkeypatch.setattr(shared_scores, "_begin_arrivals", begin_on_a_full_disk)
    with pytest.raises(UserError, match="full; is the disk full"):
        pull(remote)
    assert scores(["z", "a"]) == [[1], None]
