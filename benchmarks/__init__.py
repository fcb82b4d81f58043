"""The budgets, measured against baselines in the same run."""
