"""Stage 2's instruction data: built of the pool's pictures and sign boards, or taken as published."""
