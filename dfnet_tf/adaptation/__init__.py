"""Adapting the networks to one film: what the film offers, whether it helped, and the report."""
