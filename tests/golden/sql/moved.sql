select k, l / i as q from m
select k, i / 2 as h, i / 2.0 as f, d / 0 as e, n / 3 as t from m
select k, l // i as q, -7 // 2 as s from m
select k, l % i as r, n % 2 as s from m
select k, l / nullif(i, 0) as q from m
select k, round(d) as r, round(d, 2) as s, round(n, 1) as t, round(i) as u from m
select k, cast(d as integer) as i, cast(n as integer) as j, cast(d as decimal(9, 2)) as n from m where d < 1e6
select k, cast(n as decimal(9, 1)) as n, cast(i as double) as d, cast(k as smallint) as s from m
select k, cast(bo as integer) as i, cast(i as boolean) as b from m
select k, cast(i as varchar) as i, cast(n as varchar) as n, cast(bo as varchar) as b, cast(da as varchar) as d, cast(ts as varchar) as t from m
select k, cast('12' as integer) as i, cast('2020-01-02' as date) as d, cast('1.25' as decimal(5, 1)) as n from m
select k from m order by s, k
select k, s from m order by s desc, k limit 3
select s from m where s < 'b' order by s
select k from m where s between 'A' and 'a'
select min(s) as lo, max(s) as hi from m
select k, greatest(s, 'b') as g, least(i, l) as l from m
select k, row_number() over (order by s desc, k) as r, lag(s) over (order by s, k) as p from m
select distinct on (bo) bo, s, k from m order by bo, s desc, k
select k, i from m order by i, k limit 4
select k, i from m order by i desc, k limit 4
select k, i from m order by i desc nulls first, k limit 4
select k, first_value(i) over (order by i desc, k) as f from m
select string_agg(s, '|' order by s desc, k) as l from m
select bo, count(*) as n, sum(i) as s, avg(i) as a from m group by all order by all
select bo, sum(l) as s, sum(n) as t, sum(d) as u from m where d < 1e6 group by bo
select bo, stddev(i) as s, var_pop(d) as v, median(i) as m from m where d < 1e6 group by bo
select avg(n) as a, round(avg(n), 2) as r from m
select count_if(i > 0) as n, count(*) filter (where bo) as b, bool_and(i > 0) as a from m
select k from m qualify row_number() over (partition by bo order by s, k) = 1
select k, i + 1 as j from m order by j + 0 desc, k limit 3
select i from range(10) r(i)
select i from range(2, 10, 3) r(i)
select i from range(10, 0, -3) r(i)
select g from generate_series(1, 4) s(g)
select k, year(da) as y, month(ts) as m, dayofweek(da) as w, isodow(da) as iw, dayofyear(da) as dy, week(da) as wk, quarter(da) as q from m
select k, extract(hour from ts) as h, extract(second from ts) as s, hour(da) as z, minute(ts) as m from m
select k, date_trunc('month', da) as m, date_trunc('hour', ts) as h from m
select k, date_diff('day', da, ts) as d, date_diff('month', da, date '2021-03-01') as m, date_diff('year', ts, date '2021-03-01') as y from m
select k, date_diff('hour', ts, timestamp '2020-03-01 00:30:00') as h, datediff('minute', ts, timestamp '2020-03-01 00:30:00') as m from m
select k, da - date '2020-01-01' as d, da + 1 as e, da + interval 1 month as f, ts - interval '90 minutes' as g from m
select k, strftime(ts, '%Y-%m-%d %H:%M:%S') as t, strftime(da, '%Y/%j') as d from m
select k from m where s like '%\%' or s like 'a\_%' or s ilike 'A%'
select k, s like concat(s, '\') as l from m
select k from m where regexp_matches(s, '^[a-zé]+.?\d*$')
select k, regexp_matches(s, '\w\s') as w from m
select k, s || '-' || i as j, s || n || bo || da as k2, concat(s, i, null) as c, concat_ws(',', s, i) as w from m
select k, upper(s) as u, length(s) as n, substring(s, 2, 2) as b, left(s, -1) as l, right(s, 2) as r, lpad(s, 4, '*') as p, trim(s) as t from m where k <> 4
select k, replace(s, 'a', '') as r, split_part(s, ' ', 1) as p, strpos(s, 'b') as i, instr(s, 'a') as j, starts_with(s, 'a') as w, md5(s) as h from m
select k, coalesce(s, 'none') as s, ifnull(i, 0) as i, nullif(l, 2) as l, if(bo, 'y', 'n') as b from m
select k, case when i > 1 then 'big' when i is null then 'none' else 'small' end as c from m
select k, i is distinct from l as d, i is not distinct from null as n, not bo as nb from m
select k, abs(i) as a, sqrt(abs(d)) as s, exp(0.5) as e, power(2, k) as p, ln(k) as l, floor(d) as f, ceil(n) as c from m
select k, 1e3 as e, 1.50 as d, 12345678901 as b, 'it''s' as s, null as n, true as t from m
select k, cast(l as hugeint) + 1 as h, cast(k as utinyint) as u, cast(k as tinyint) as t from m
select bo, s, count(*) as n from m group by rollup (bo, s)
select k, sum(i) over (order by k rows between 1 preceding and current row) as r, ntile(3) over (order by k) as t from m
select k from m where i in (1, 2) union all select i from m where s = 'b' order by k limit 3
select k, v.n from m join (values (1, 'one'), (2, 'two')) v(i, n) on v.i = m.k
with x as (select bo, max(i) as i from m group by bo) select m.k from m join x using (bo, i)
select m.k, (select count(*) from m x where x.i < m.i) as n from m
select k from m x where exists (select 1 from m y where y.i = x.l) or x.i not in (select l from m where l is not null)
select k, list(i) as l from m group by k
select a.k, b.k as bk from m a left join m b on a.i = b.l and b.s <> ''
select * exclude (d, ts) from m
select k, $$it's$$ as s from m
select k, make_date(2020, k, 1) as d, da + interval '2 days' as e, da + interval 3 weeks as f from m
select k, lead(k) over w as l, last_value(k) over w as v, nth_value(k, 2) over w as n from m window w as (order by k)
select k, dense_rank() over (order by i) as d, rank() over (order by i) as r, cume_dist() over (order by k) as c from m
select bool_or(bo) as o, max(da) as d, covar_pop(i, k) as c, corr(i, k) as r, stddev_pop(k) as s, var_samp(k) as v from m
select covar_samp(i, k) as c, sin(k) as s, cos(k) as o, tan(k) as t from m group by i, k
select k from m where k > 8 or (k >= 7 and k < 8) or not (k <> 2)
select k, repeat('ab', k) as r, rpad(s, 3, 'x') as p, ltrim(s) as l, rtrim(s) as t, lower(s) as w from m where k <> 4
select k from m where bo is true limit 1 offset 1
select k, (k, i) = (1, 2) as t from m
with recursive n as (select 1 as x union all select x + 1 from n where x < 4) select x from n
select k from m except select i from m
select k from m intersect select i from m
select random() < 2 as r, current_date > date '2020-01-01' as d, current_timestamp > timestamptz '2020-01-01' as t
select k, s like 'a!_%' escape '!' as l from m
select k, i * l as m, n * 2 as w, k <= 3 as s, l * 1.5 as f from m where k <> 5
select bo, stddev_samp(i) as s, weekofyear(max(da)) as w, day(min(da)) as d, dayofmonth(min(da)) as e, second(max(ts)) as c from m group by bo
select k, ts + to_minutes(i) as a, ts - to_hours(i) as b, da + to_days(i) as c, ts + to_seconds(-i) as d from m
select k, da + to_months(i) as e, ts + to_weeks(k) as f, da + to_years(i + 1) as g from m
select k, strftime(make_date(2020, k, 1), '%Y%m%d') as s from m
