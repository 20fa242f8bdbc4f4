"""The ledger: accounts, the insert-only journal and its balances in the database, and their pages."""
