this is prose and not SQL at all
