"""The typed program as terms of Z3: what holds of every household, and for which it does not."""
