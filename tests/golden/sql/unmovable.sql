select s || d as x from m
select cast(d as varchar) as x from m
select [k, i] as l from m
select {'a': k} as st from m
select map {'a': k} as x from m
select list_contains([1, 2], k) as x from m
select [1, 2] || [3] as l from m
select k from m using sample 2 rows
select k from m where i
select k from m where s = 1
select case when bo then i else s end as x from m
select coalesce(i, s) as x from m
select try_cast(s as integer) as x from m
select first(k) as x from m
select arg_max(k, i) as x from m
select any_value(k) as x from m
select approx_count_distinct(k) as x from m
select k from m union all by name select k from m
select m.k from m asof join m n on m.k >= n.k
select d // 2 as x from m
select d % 2 as x from m
select substring(s, -2) as x from m
select regexp_matches(s, '\bx') as x from m
select regexp_matches(s, 'x', 'i') as x from m
select regexp_replace(s, 'a', 'b') as x from m
select strftime(ts, '%A') as x from m
select strptime(s, '%Y') as x from m
select date_diff('week', da, ts) as x from m
select extract(millisecond from ts) as x from m
select max(bo) as x from m
select x.k, y.s from m x, (select s from m where k = x.k) y
select i from range(timestamp '2020-01-01', timestamp '2020-01-02', interval 1 hour) r(i)
select unnest([1, 2]) as x
select list_transform([1], x -> x + 1) as x
select s from m union select s from m order by s limit 2
select distinct s from m order by s limit 2
select cast(k as uhugeint)::bit as x from m
select k as a_name_that_is_longer_than_the_sixty_three_bytes_which_a_warehouse_keeps_of_it from m
select sum(cast(d as float)) as x from m
select lower(s) as x, reverse(s) as y from m
select epoch(ts) as x from m
select json_extract_string('{}', '$.a') as x
select last_value(k ignore nulls) over (order by k) as x from m
select hash(s) as x from m
select median(n) as x from m
select cast(d as float) + i as x from m
select da + interval (i) day as x from m
select k from m limit 10%
select round(round(round(round(round(round(d, 1), 1), 1), 1), 1), 1) as x from m
select ts + to_milliseconds(i) as x from m
select ts + to_seconds(d) as x from m
