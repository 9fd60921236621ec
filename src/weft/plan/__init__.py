"""Desired against observed: changes, ordered steps, and the plan that holds them all. No I/O."""
