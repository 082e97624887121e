"""Words and pictures made by models of others."""
