"""What the machine is told, and what it can do: memory, threads, precision, processes."""
