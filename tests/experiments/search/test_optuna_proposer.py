"""Candidates come from Optuna, the same after a kill, and none twice."""

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from support.small_search import small_settings

from bettersynth.experiments.search.candidates import Asked, Candidate, Measured
from bettersynth.experiments.search.optuna_proposer import OptunaProposer, combinations

VARY = {
    "filter.threshold": {"low": 0.2, "high": 0.4},
    "mix.exchange": {"choices": [True, False]},
    "seeds": {"choices": [[0], [0, 1]]},
}


def scored(candidate: Candidate) -> Measured:
    value = 100 * (0.4 - abs(candidate.values["filter.threshold"] - 0.3))
    failure = "no" if candidate.number == 2 else ""
    return Measured(Asked(candidate, 10, (0,)), () if failure else (value,), failure=failure)


def proposed(tmp_path, batches=3) -> tuple[OptunaProposer, list[Candidate]]:
    search = small_settings(vary=VARY, rules=["text_length_filter"])
    proposer = OptunaProposer(search, tmp_path / "study.journal", "small")
    for _ in range(batches):
        proposer.learn([scored(one) for one in proposer.propose(4)])
    return proposer, proposer.candidates


def test_a_search_that_begins_again_asks_for_the_same_candidates(tmp_path):
    _, first = proposed(tmp_path)
    _, again = proposed(tmp_path)
    assert first == again
    assert [one.number for one in first] == list(range(1, 13))
    assert {one.values["rule:text_length_filter"] for one in first} == {True, False}
    assert {type(one.values["seeds"]) for one in first} == {list}


def test_the_journal_holds_the_study_for_a_dashboard(tmp_path):
    proposer, _ = proposed(tmp_path)
    storage = JournalStorage(JournalFileBackend(str(tmp_path / "study.journal")))
    study = optuna.load_study(study_name="small", storage=storage)
    states = [trial.state.name for trial in study.trials]
    assert (states.count("COMPLETE"), states.count("FAIL")) == (11, 1)
    importances = proposer.importances()
    assert next(iter(importances)) == "filter.threshold"


def test_a_space_that_is_used_up_has_no_more(tmp_path):
    search = small_settings(vary={"mix.exchange": {"choices": [True, False]}})
    proposer = OptunaProposer(search, tmp_path / "study.journal", "small")
    assert len(proposer.propose(8)) == 2
    assert proposer.importances() == {}


def test_a_small_space_is_proposed_whole_and_after_a_kill_in_the_same_order(tmp_path):
    rules = ["a", "b", "c", "d"]
    orders = []
    for _ in range(2):
        search = small_settings(vary={}, rules=rules, candidates=16)
        proposer = OptunaProposer(search, tmp_path / "study.journal", "small")
        batch = proposer.propose(4)
        while batch:
            # the more rules are in the better, so that TPE has a favourite
            scores = [(float(sum(one.values.values())),) for one in batch]
            asked = [Asked(one, 10, (0,)) for one in batch]
            proposer.learn([Measured(*pair) for pair in zip(asked, scores, strict=True)])
            batch = proposer.propose(4)
        orders.append([tuple(one.values.values()) for one in proposer.candidates])
    assert len(set(orders[0])) == 16
    assert orders[0] == orders[1]


def test_all_combinations_of_countable_settings_and_none_of_others():
    whole = {"a": IntDistribution(2, 6, step=2), "b": CategoricalDistribution(["x", "y"])}
    assert [tuple(one.values()) for one in combinations(whole)] == [
        (2, "x"),
        (2, "y"),
        (4, "x"),
        (4, "y"),
        (6, "x"),
        (6, "y"),
    ]
    assert combinations(whole | {"c": FloatDistribution(0.0, 1.0)}) == []
    assert combinations({"a": IntDistribution(0, 10_000)}) == []
