"""What the platform must remember: applied definitions, runs, locks, verdicts, and the audit log."""
