"""What the machine is told: memory, threads, missing operators."""
