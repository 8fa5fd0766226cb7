"""Properties of a policy over all households: proved, refuted by a household, or tested."""
