select a, b + 1 as c, count(*) as n from t where b > 3 group by a, b
select * from t
select * exclude (a) from t
select * replace (a + 1 as a) from t
select * rename (a as aaa) from t
select t.* from t
select x.*, 1 as one from t x
select a as z, z + 1 as y from t
select a + 1 as a from t
select a + 1 as a from t where a > 2
select a + 1 as q from t where q > 2
select upper(c) as g, count(*) as n from t group by g
select upper(c) as g, count(*) as n from t group by 1
select c as g, count(*) as n from t group by all
select a, count(*) as n from t group by a having n > 1
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
select a from t qualify row_number() over (partition by c order by a) = 1
select a, row_number() over (partition by c order by a) as r from t qualify r = 1
select t.a, x from t join u using (a)
select a, x from t left join u using (a)
select a, x, c from t full join u using (a)
select * from t join u using (a)
select * from t left join u using (a)
select t.a as ta, u.a as ua from t join u on t.a = u.a
select l.a from t l, u r where l.a = r.a
select l.a, r.x from t l cross join u r
select a from t semi join u using (a)
select a from t anti join u using (a)
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
select a, b from t union all by name select b, a from t
select i from range(10) r(i)
select range from range(10)
select generate_series as g from generate_series(1, 3)
select r.range as k from range(3) r
select v.a, v.b from (values (1, 'x'), (2, 'y')) v(a, b)
select x from (select a as x from t) as q order by x
select x from (select a as x from t) order by x
select s.x as sx from (select {'x': a, 'y': c} as s from t) q
select q.s.x as sx from (select {'x': a, 'y': c} as s from t) q
select s['x'] as sx from (select {'x': a, 'y': c} as s from t) q
select list_transform([a, b], x -> x + 1) as l from t
select [x * 2 for x in [a, b] if x > 1] as l from t
select list_filter([a, b], lambda x : x > 1) as l from t
select a, unnest([1, 2]) as e from t
select a, e from t, unnest([1, 2]) as k(e)
select a, k.e from t cross join unnest([b, a]) as k(e)
select o.a, z from p.o
select p.o.a, z from p.o
select k.z from p.o as k
select * from p.o join t using (a)
select case when a > 1 then 'x' else 'y' end as k from t
select a::varchar as s, try_cast(c as integer) as i, cast(b as decimal(10, 2)) as d from t
select date_trunc('month', z) as m, year(z) as y, z + interval 1 day as n from p.o
select date_diff('day', z, date '2024-01-01') as dd, z - date '2020-01-01' as ds from p.o
select extract(year from z) as y, strftime(z, '%Y-%m') as f from p.o
select c || 'x' as k, c like 'a%' as l, c ilike 'A%' as il, c similar to 'a.*' as si from t
select regexp_matches(c, '^a') as m, regexp_replace(c, 'a', 'b', 'g') as r, regexp_extract(c, '(a)', 1) as e from t
select coalesce(a, 0) as a0, nullif(b, 1) as nb, ifnull(c, 'x') as ic, greatest(a, b) as g, least(a, b) as l from t
select sum(b) filter (where a > 1) as s, count(distinct c) as d, avg(b) as v, min(c) as mi, max(c) as ma from t
select string_agg(c, ',' order by c) as s, list(a order by a) as l from t
select quantile_cont(b, 0.5) as q, median(b) as m, mode(c) as mo, stddev(b) as sd from t
select arg_max(c, a) as am, first(c order by a) as f, any_value(1) as av from t
select lag(b) over (order by a, b) as lb, lead(b, 1, 0) over (order by a, b) as le, sum(b) over (order by a, b rows between 1 preceding and current row) as s from t
select a from t where a between 1 and 3 and c in ('a', 'b') or c is null
select a from t where a is distinct from b
select a / b as d, a // b as i, a % b as m, a ** 2 as p, -a as neg from t
select 1 as one, 'x' as s, true as b, null as n, 1.5 as d, 1e3 as e, date '2020-01-01' as dt
select count(*) as n from t
select count() as n from t
select t.a, (t.b) as b, ((c)) as c from t where (a > 1)
select "A", "b" as "B b", c as "select" from T
select a as "x""y" from t
from t select a, b where a > 1
from t
select a, b, grouping(a) as g, sum(a) as s from t group by grouping sets ((a), (b), ())
select a, b, count(*) as n from t group by rollup (a, b)
select a, b, count(*) as n from t group by cube (a, b)
select a from t limit 2 offset 1
select a from (select a, b from t order by b desc limit 3) k
select max(a) as m from t having count(*) > 0
select a, n from (select a, count(*) as n from t group by a) k where n > 1
select l.a from t l join t r on l.a = r.a and l.b < r.b
select l.a, m.mx from t l join lateral (select max(x) as mx from u where u.a = l.a) m on true
select l.a, m.mx from t l, (select max(x) as mx from u where u.a = l.a) m
select json_extract_string('{"k": 1}', '$.k') as j, '{"k": 1}'::json -> 'k' as j2, '{"k": 1}'::json ->> '$.k' as j3
select struct_pack(x := a, y := b) as s from t
select map {'k': a} as m, map([1], [a]) as m2 from t
select epoch(z) as e, dayname(z) as dn, last_day(z) as ld, make_date(2020, 1, 2) as md from p.o
select md5(c) as h, sha256(c) as h2, hash(c) is not null as h3, length(c) as n, substring(c, 1, 1) as s1, c[1] as c1 from t
select round(b / 3, 2) as r, floor(b / 2) as f, ceil(b / 2) as ce, abs(b) as ab, sqrt(b) as sq from t
select a from t where c = 'it''s' or c = '$1' or c = '?'
select approx_count_distinct(c) > 0 as k, bool_and(a > 0) as ba, count_if(a > 1) as ci from t
select a, case c when 'a' then 1 when 'b' then 2 end as k from t
select a, ntile(2) over (order by a, b) as nt, percent_rank() over (order by a) as pr from t
select t.a, u.x from t asof join u on t.a >= u.a
select x.a from t as x(a, b, c)
select x.k from t as x(k)
with a as (select a from t), b as (select a from u) select a.a from a join b on a.a = b.a
select not a > 1 as k, a > 1 and b > 1 as l, xor(a, b) as x from t
select a from t where (select count(*) from u) > 0
select a in (1, 2) as i, a not in (3) as j from t
select * from (select a from t) k join (select a, x from u) using (a)
select * from (t join u using (a)) as k
select columns_ from (select a as columns_ from t)
select e'a\nb' as k
select $$dollar$$ as k
select a from t t1 where exists (select 1 from t t2 where t2.a = t1.a and t2.b <> t1.b)
select trim(c) as k, ltrim(c, 'a') as l, split_part(c, 'a', 1) as s, replace(c, 'a', 'b') as r, concat(c, a) as cc, concat_ws('-', c, a) as cw from t
select a, count(*) as n from t group by a order by count(*) desc, a limit 1
select time_bucket(interval 1 week, z) as w from p.o
select a from t where a = any(select a from u)
select a from t where a = any([1, 2])
select list_contains([a, b], 1) as lc, array_length([a]) as al, [a, b][1] as f, list_sort([b, a]) as ls from t
select a, b from t where (a, b) in (select a, b from t)
select a, sum(b) as b from t group by a order by b
select t.a as a, t.b as b from t order by t.b, t.a
select interval '1 day' as i, interval 3 hour as h, to_days(2) as d
select cast('2020-01-01 00:00:00' as timestamp) as ts, '2020-01-01'::date as d, (timestamptz '2020-01-01 00:00:00+00')::varchar as tz
select strptime('2020-01-01', '%Y-%m-%d') as p, try_strptime('x', '%Y') as q
select a, "t"."b" from "t"
select min(a) as lo, max(a) as hi, hi - lo as d from t
select unnest(['a', 'b']) as k
select a ^ 2 as pw, a & 1 as ba, a | 1 as bo, a << 1 as sl, ~a as bn from t
select x.* exclude (A) rename (b as n) from t as x
select try_cast(c as guid) as x, try_cast(c as integral) as y from t
