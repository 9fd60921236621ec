# timeout: soon
# colums: [id]


def delay(departures):
    return departures
