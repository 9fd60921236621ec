"""What the platform must remember: applied definitions, runs, locks, verdicts, the audit log."""
