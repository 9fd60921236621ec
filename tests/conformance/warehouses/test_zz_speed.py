import sys, time
sys.path.insert(0,'/work/main/tests/conformance/warehouses'); sys.path.insert(0,'/work/main/tests')
from test_postgres_drift import *
def test_speed(outside):
    outside.found(content=False)
    t=time.perf_counter()
    for _ in range(50): outside.found(content=False)
    print("per look ms", (time.perf_counter()-t)/50*1000)
    import weft.warehouses.postgres.sessions as s
    n=[0]; old=s.Sessions.ask
    def ask(self,*a): n[0]+=1; return old(self,*a)
    s.Sessions.ask=ask
    outside.found(content=False); print("queries", n[0])
