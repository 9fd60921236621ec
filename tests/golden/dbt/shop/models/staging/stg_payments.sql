select
    id as payment_id,
    order_id,
    payment_method,
    amount / 100.0 as amount -- in euros
from {{ ref('raw_payments') }}
