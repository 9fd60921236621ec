ATTACH '/etc/passwd' AS x
