"""A training set in the form that others read: a folder, LLaVA json, parquet, webdataset."""
