"""Files of sales, customers, products and opening balances: read without trust, looked at first, taken in by chunks."""
