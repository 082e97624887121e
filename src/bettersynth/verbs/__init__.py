"""The command line's verbs, one file each: `add` declares the arguments, `run` calls the room that
does the work.

`bettersynth.cli` imports every file here to show `--help`, so nothing heavy is imported at the top
of one: `run` imports what it needs.
"""
