"""One file per stage of dvc.yaml: `main()` alone."""
