"""The ledger: what must never be forgotten (design 7).

Importing this package costs nothing: Django is imported only by the modules that need tables. Each of those begins with
`from tallybridge.ledger.prepared import models`, which sets Django up with the settings of `tallybridge.ledger.settings` and no
database (`django_setup.prepare`). So they may be imported at any time, in any order; their functions work once `opening.open_ledger`
has pointed them at a home. A program that adds Django applications of its own (the console) calls `django_setup.prepare(apps=...)`
before it imports them.
"""
