"""What a customer might like next: a reward that is near, a place that they have not been to for long, a new place."""
