"""What ../faults.py is made of: an installation, tills that buy at it, a killer, and the verdict over what is left."""
