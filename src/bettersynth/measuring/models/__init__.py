"""What operators measure by models: scorers of pictures and texts, classifiers, embeddings."""
