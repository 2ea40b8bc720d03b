from tests.cli.conftest import *
def test_x(world, write_config, call):
    write_config()
    for args in (["doctor"], ["tenants"], ["accounts"], ["agreements"], ["items"], ["applications"], ["links","suggest"], ["links","list"], ["config","show"], ["config","export"], ["config","release"], ["plan"], ["applications"], ["fingerprint", world.ksc_url]):
        c = call(*args)
        with open("/tmp/tb/out.txt","a") as f:
            f.write(f"\n$ {args}\n{c.code}\n{c.stdout}\n-- {c.stderr}\n")
