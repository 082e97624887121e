"""Reading weights safely, and naming them by their bytes."""
