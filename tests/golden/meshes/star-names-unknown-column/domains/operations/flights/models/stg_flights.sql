SELECT * EXCLUDE (delya) FROM bts
