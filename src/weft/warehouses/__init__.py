"""The warehouses: connect, observe, carry out steps, answer queries. One file or folder each."""
