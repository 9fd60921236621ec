"""Models in Python: functions that run in processes of their own, and what becomes a build."""
