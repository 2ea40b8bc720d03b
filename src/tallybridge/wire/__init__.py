"""What every door to the outside needs.

`http.HttpDoor` sends and gives whole replies, `certificate.Trust` says which server is believed, `transport.TransportFailed` says in words
why there is no reply, `retrying` repeats reads within bounds, `secret.Secret` hides what must not be seen, and `checks.Check` is what a door
tells `doctor`.
"""
