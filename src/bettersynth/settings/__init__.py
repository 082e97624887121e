"""Reading `params.yaml`, and one light dataclass per conf group: `conf/mix` is `settings/mix.py`.

Imports neither torch nor any other room but errors. Rule: a default stands in one place. What the
group's default file in conf/ names has no default here, what no file names has its default here.
"""
