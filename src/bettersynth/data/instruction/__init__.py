"""Stage 2's instruction data: built of pictures and sign boards, or taken as published."""
