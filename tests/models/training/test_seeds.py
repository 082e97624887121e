from bettersynth.models.training.seeds import choice_seed


def test_each_choice_of_each_run_has_a_seed_of_its_own_that_stays():
    assert choice_seed(0, "order") == 602225250
    seeds = {choice_seed(seed, choice) for seed in range(20) for choice in ("order", "lora")}
    assert len(seeds) == 40
    assert all(0 <= seed < 2**31 for seed in seeds)
