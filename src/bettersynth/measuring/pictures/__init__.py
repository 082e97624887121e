"""What operators measure pictures with: hashes, faces, and the chunks that hold them."""
