"""Winning back customers who slip away: whom a business writes to, who hears nothing on purpose, and the difference."""
