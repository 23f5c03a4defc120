"""Chains with other businesses, for owners and managers: the list, proposing one, its answer and its figures."""
