select
    stg_customers.customer_id,
    stg_customers.first_name,
    stg_customers.last_name,
    min(stg_orders.order_date) as first_order,
    count(stg_orders.order_id) as number_of_orders
from {{ ref('stg_customers') }}
left join {{ ref('stg_orders') }} on stg_orders.customer_id = stg_customers.customer_id
group by 1, 2, 3
