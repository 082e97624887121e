"""Reading `params.yaml`, and one light dataclass per conf group. Imports no torch."""
