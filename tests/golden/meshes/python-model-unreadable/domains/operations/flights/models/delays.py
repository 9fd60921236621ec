# memory: 2GB


def delays(departures:
    return departures
