-- see target/compiled
select 1 {{ ref('order_amounts') }}
