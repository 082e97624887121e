import torch

from bettersynth.models.architecture.image_fusion import cut_into_tiles, fused_tokens, shrink
from bettersynth.models.architecture.patch_info_mining import PatchInfoMining


def test_tiles_are_the_quarters_of_the_map_row_by_row():
    high_res = torch.arange(16.0).reshape(1, 4, 4, 1)
    tiles = cut_into_tiles(high_res, grid=2)
    assert tiles.shape == (4, 2, 2, 1)
    assert [tile.flatten().tolist() for tile in tiles] == [
        [0, 1, 4, 5],
        [2, 3, 6, 7],
        [8, 9, 12, 13],
        [10, 11, 14, 15],
    ]


def test_a_shrunk_map_keeps_its_number_type_and_its_mean():
    high_res = torch.arange(16.0, dtype=torch.bfloat16).reshape(1, 4, 4, 1)
    smaller = shrink(high_res, grid=2)
    assert smaller.shape == (1, 2, 2, 1)
    assert smaller.dtype == torch.bfloat16
    assert smaller.float().mean() == high_res.float().mean()


def test_the_global_views_tokens_come_first():
    torch.manual_seed(0)
    mining = PatchInfoMining(8, 6)
    tiles_and_globals = torch.randn(2 * 4 + 2, 4, 8)
    high_res = torch.randn(2, 8, 8, 6)
    fused = fused_tokens(mining, tiles_and_globals, high_res, grid=2, with_global=True)
    assert fused.shape == (2, 4 + 4 * 4, 8)
    without = fused_tokens(mining, tiles_and_globals[:8], high_res, grid=2, with_global=False)
    torch.testing.assert_close(fused[:, 4:], without)


def test_without_a_grid_each_token_gets_what_it_mines():
    torch.manual_seed(0)
    mining = PatchInfoMining(8, 6)
    low_res = torch.randn(2, 4, 8)
    high_res = torch.randn(2, 4, 4, 6)
    fused = fused_tokens(mining, low_res, high_res, grid=1, with_global=False)
    torch.testing.assert_close(fused, low_res + mining(low_res, high_res))
