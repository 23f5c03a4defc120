"""Who is about to stay away: a model of each business's customers, fitted weekly, and each customer's chance."""
