"""Who is told worse than the leader falls out, once there are two seeds to tell by."""

import numpy as np

from bettersynth.experiments.search.candidates import Asked, Candidate, Measured
from bettersynth.experiments.search.race import race_round


def runner(number: int, chance: float, seeds: int) -> Measured:
    # every runner answers with luck of its own
    scores = np.random.default_rng([number, seeds]).random((seeds, 300)) < chance
    asked = Asked(Candidate(number, {}), 10, tuple(range(seeds)))
    return Measured(asked, (100 * float(scores.mean()),), scores.astype(float))


def test_the_far_worse_falls_out_and_the_like_stays():
    best = runner(2, 0.7, 4)
    alike = best.seen.copy()
    # each seed errs once more, where it was right
    alike[np.arange(4), best.seen.argmax(axis=1)] = 0
    like = Measured(Asked(Candidate(3, {}), 10, (0, 1, 2, 3)), (), alike)
    runners = race_round([runner(1, 0.3, 4), like, best])
    assert runners[0].measured is best
    fallen = [one.measured.asked.candidate.number for one in runners if one.falls_out]
    assert fallen == [1]
    assert runners[-1].high < 0 and runners[-1].adjusted_p < 0.05


def test_one_seed_tells_nobody_apart():
    runners = race_round([runner(1, 0.2, 1), runner(2, 0.8, 1)])
    assert not any(one.falls_out for one in runners)


def test_expected_scores_decide_who_leads_and_common_seeds_are_tested():
    rng = np.random.default_rng(0)
    seen = {1: rng.random((2, 200)) < 0.6, 2: rng.random((1, 200)) < 0.7}
    measured = []
    for number, scores in seen.items():
        asked = Asked(Candidate(number, {}), 10, tuple(range(len(scores))))
        measured.append(Measured(asked, (), scores.astype(float)))
    runners = race_round(measured, expected={1: 0.65, 2: 0.62})
    assert [one.measured.asked.candidate.number for one in runners] == [1, 2]
    assert [one.expected for one in runners] == [0.65, 0.62]
    # the second leads on the seed that both have: it does not fall out
    assert runners[1].difference > 0 and not runners[1].falls_out
    assert race_round(measured)[0].expected is None
