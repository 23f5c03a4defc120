"""What a business sells: products, in a tree of categories."""
