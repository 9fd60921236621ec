select a, a + 1 from t
select aa from t
select t.aa from t
select tt.a from t
select a from t join u on t.a = u.a
select a, a from t
select * from t join u on t.a = u.a
select a from t union all select a, x from u
select a from t union all by name select x from u
select t from t
select count(t) as n, t as r from t
select * from t natural join u
select * from t positional join u
select t.a from t asof join u using (a)
select columns('a.*') from t
select columns(*) + 1 from t
select * like 'a%' from t
select #1 as x from t
select ? as x
select $1 as x, $name as y
select * from read_csv('x.csv')
select * from read_parquet(['a', 'b'])
select * from glob('*')
select * from query('select 1')
select * from query_table('t')
select * from duckdb_settings()
select * from pragma_version()
select * from 'a.parquet'
select * from "data/x.csv"
select * from "s3://bucket/x"
select * from information_schema.tables
select * from main.t
select * from a.b.c.d
select getenv('HOME') as h
select current_setting('threads') as s
select current_user as u, current_database() as d, version() as v
select getvariable('x') as v, nextval('s') as n
select no_such_function(a) as x from t
select a into x from t
select a from t; select b from t
select a from t; drop table t
drop table t
insert into t values (1)
with x as (insert into t values (1) returning *) select * from x
create table x as select 1 as a
copy t to 'x.csv'
attach 'x.db'
pragma version
set threads = 1
summarize t
describe t
pivot t on c using sum(a)
select * from t pivot (sum(a) for c in ('a', 'b'))
select * from t unpivot (v for k in (a, b))
values (1)
table t
select
select from t
selec a from t
select a frm t where
select 'a from t
select a from t where (
select a b c from t
select a from t for update
select * from t at (version => 1)
select (select a, b from t) as x
select a from t order by 7
from t select
select * exclude (aa) from t
select * replace (1 as aa) from t
select * rename (aa as x) from t
select x.* exclude (b, aa) from t as x join u on x.a = u.a
select n from (select * exclude (aa), 1 as n from t)
select * exclude (a, b, c) from t
select cast(a as integr) as x from t
select foo::struct(n foo)[] as x from (select 1 as foo)
select cast(a as "no such") as x from t
select $1 from t order by
