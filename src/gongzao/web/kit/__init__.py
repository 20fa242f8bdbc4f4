"""What several apps of the site share; it knows none of them."""
