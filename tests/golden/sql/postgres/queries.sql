select a, b + 1 as c, count(*) as n from t where b > 3 group by a, b
select * from t
select t.* from t
select x.*, 1 as one from t x
select a + 1 as a from t
select a + 1 as a from t where a > 2
select upper(c) as g, count(*) as n from t group by g
select upper(c) as g, count(*) as n from t group by 1
select a, count(*) as n from t group by a having count(*) > 1
select a, sum(b) as a2 from t group by a order by a
select a, sum(b) as s from t group by a order by s desc, 1
select a, sum(b) as s from t group by a order by sum(b) desc, a
select a from t order by b, a
select a from t order by a + 1 desc, a limit 3
select distinct c from t
select distinct on (c) c, a from t order by c, a
select a, row_number() over (partition by c order by a) as r from t
select a, row_number() over w as r from t window w as (partition by c order by a, b)
select t.a, x from t join u using (a)
select a, x from t left join u using (a)
select a, x, c from t full join u using (a)
select * from t join u using (a)
select * from t left join u using (a)
select t.a as ta, u.a as ua from t join u on t.a = u.a
select l.a from t l, u r where l.a = r.a
select l.a, r.x from t l cross join u r
select a from t where a in (select a from u)
select a from t where not exists (select 1 from u where u.a = t.a)
select a, (select max(x) from u where u.a = t.a) as m from t
with q as (select * from t) select a, sum(b) as s from q group by 1
with t as (select * from t where a > 1) select * from t
with q(k, v) as (select a, c from t) select k, v from q
with q as (select a from t), r as (select a + 1 as a from q) select * from r
with q as (select a from t) select * from q join u using (a)
with recursive n as (select 1 as i union all select i + 1 from n where i < 5) select i from n
with recursive n(i) as (select 1 union all select i + 1 from n where i < 5) select i from n
select a as x1 from t union all select a from u
select a from t union select a from u order by a
(select a from t) union all (select a from u) order by 1
select a from t except select a from u
select a from t intersect select a from u
select generate_series as g from generate_series(1, 3)
select v.a, v.b from (values (1, 'x'), (2, 'y')) v(a, b)
select x from (select a as x from t) as q order by x
select p.o.a, z from p.o
select k.z from p.o as k
select * from p.o join t using (a)
select case when a > 1 then 'x' else 'y' end as k from t
select c || 'x' as k, c like 'a%' as l, c ilike 'A%' as il, c similar to 'a.*' as si from t
select sum(b) filter (where a > 1) as s, count(distinct c) as d, avg(b) as v, min(c) as mi, max(c) as ma from t
select lag(b) over (order by a, b) as lb, lead(b, 1, 0) over (order by a, b) as le, sum(b) over (order by a, b rows between 1 preceding and current row) as s from t
select a from t where a between 1 and 3 and c in ('a', 'b') or c is null
select a from t where a is distinct from b
select 1 as one, 'x' as s, true as b, null as n, 1.5 as d, 1e3 as e, date '2020-01-01' as dt
select count(*) as n from t
select t.a, (t.b) as b, ((c)) as c from t where (a > 1)
select a as "x""y" from t
select a, b, grouping(a) as g, sum(a) as s from t group by grouping sets ((a), (b), ())
select a, b, count(*) as n from t group by rollup (a, b)
select a, b, count(*) as n from t group by cube (a, b)
select a from t limit 2 offset 1
select a from (select a, b from t order by b desc limit 3) k
select max(a) as m from t having count(*) > 0
select a, n from (select a, count(*) as n from t group by a) k where n > 1
select l.a from t l join t r on l.a = r.a and l.b < r.b
select l.a, m.mx from t l join lateral (select max(x) as mx from u where u.a = l.a) m on true
select round(b / 3, 2) as r, floor(b / 2) as f, ceil(b / 2) as ce, abs(b) as ab, sqrt(b) as sq from t
select a from t where c = 'it''s' or c = '$1' or c = '?'
select a, case c when 'a' then 1 when 'b' then 2 end as k from t
select a, ntile(2) over (order by a, b) as nt, percent_rank() over (order by a) as pr from t
select x.a from t as x(a, b, c)
select x.k from t as x(k)
with a as (select a from t), b as (select a from u) select a.a from a join b on a.a = b.a
select a from t where (select count(*) from u) > 0
select a in (1, 2) as i, a not in (3) as j from t
select * from (t join u using (a)) as k
select e'a\nb' as k
select $$dollar$$ as k
select a from t t1 where exists (select 1 from t t2 where t2.a = t1.a and t2.b <> t1.b)
select trim(c) as k, ltrim(c, 'a') as l, split_part(c, 'a', 1) as s, replace(c, 'a', 'b') as r, concat(c, a) as cc, concat_ws('-', c, a) as cw from t
select a, count(*) as n from t group by a order by count(*) desc, a limit 1
select a from t where a = any(select a from u)
select a, b from t where (a, b) in (select a, b from t)
select a, sum(b) as b from t group by a order by b
select t.a as a, t.b as b from t order by t.b, t.a
select cast('2020-01-01 00:00:00' as timestamp) as ts, '2020-01-01'::date as d, (timestamptz '2020-01-01 00:00:00+00')::varchar as tz
select a, "t"."b" from "t"
select a ^ 2 as pw, a & 1 as ba, a | 1 as bo, a << 1 as sl, ~a as bn from t
select a as Total, b as "Total" from t
select A, B from T where C = 'a'
select t.b / 2 as h, t.b % 2 as m, -b as n from t
select a, b from t order by a nulls first, b desc nulls last limit 3
select sum(a) as s, avg(b) as m, sum(b) as sb, count(distinct c) as n from t
select c || '!' as e, upper(c) as u, length(c) as l, substring(c from 1 for 2) as s from t
select z + 1 as d, z - z as n, z + interval '1 month' as ts, date_trunc('month', z) as m from p.o
select extract(year from z) as y, to_char(z, 'YYYY-MM') as m, age(z, date '2020-01-01') as o from p.o
select g from generate_series(1, 3) g
select g.g * 2 as d from generate_series(1, 3) as g
select generate_series from generate_series(1, 3)
select n from generate_series(1, 3) as g(n)
select x from unnest(array[1, 2, 3]) x
select t.a, s.i from t cross join lateral generate_series(1, t.b) as s(i)
select t.a, i from t, generate_series(1, t.a) as i
select e.value from jsonb_array_elements('[1, 2]') e
select k.key, k.value from jsonb_each('{"a": 1, "b": [2]}') as k
select a, array_agg(b order by b) as bs, string_agg(c, ',' order by c) as cs from t group by a
select jsonb_build_object('a', a, 'c', c) as j, jsonb_build_object('a', a) ->> 'a' as s from t
select a, bool_and(b > 2) as every, count(*) filter (where c is not null) as n from t group by a
select percentile_cont(0.5) within group (order by x) as m from u
select distinct on (a) a, b as Bb from t order by a, b desc
select a from t where (a, b) in (select a, b from t where b > 2)
select array(select a from t where a is not null order by a, b) as l
select a = any(array[1, 2]) as x, b between 2 and 4 as y, c ~ '^a' as m, c ilike 'A%' as i from t
select coalesce(c, 'none') as c, nullif(a, 1) as n, greatest(a, b) as g, case when b > 3 then 'x' end as k from t
select cast(b as numeric(9, 2)) as n, b::text as s, a::float8 as d, '7'::smallint as i from t
select x::numeric(6, 2) as n, round(x::numeric, 1) as r, floor(x) as f, trunc(x) as g from u
select a, lag(b) over (partition by a order by b) as p, ntile(2) over (order by b) as q from t
select rank() over w as r, sum(b) over w as s from t window w as (partition by c order by b)
select $$it's$$ as s, e'a\nb' as e, '\x41'::bytea as y
select md5(c) as m, left(c, 1) as l, split_part(c, 'b', 1) as p, position('b' in c) as i from t
select make_date(2020, 1, a::int) as d, make_interval(days => b) as i from t where b < 5 and a > 0
select b << 1 as l, b & 1 as n, b # 3 as x, ~b as i, b ^ 2 as p from t
select grouping(a) as g, a, count(*) as n from t group by rollup (a)
select a, c, count(*) as n from t group by grouping sets ((a), (c), ())
select to_date('2020-01-05', 'YYYY-MM-DD') as d, to_timestamp(0) as t, to_number('12', '99') as n
select timestamptz '2020-01-01 12:00+02' at time zone 'UTC' as t
select c collate "C" as k from t order by c collate "C"
select regexp_replace(c, 'a', 'x', 'g') as r, regexp_match(c, 'b(.)') as m from t
with m as materialized (select a from t) select a from m
select a from t order by b fetch first 2 rows only
select a from t union all (select a from u order by a limit 1)
select is_null.a is not distinct from null as n from t as is_null
