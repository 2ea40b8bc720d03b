"""The web console: where the person who answers for the invoice works. Pages over `runs` and `ledger`; a page never decides anything by itself."""
